namespace TorrentPatron.Simulation.Simulator;

/// <summary>
/// A drive that needs time for each call, each seek and each byte. It does one
/// thing after the other, and keeps statistics.
/// </summary>
/// <param name="world">The world that it belongs to.</param>
/// <param name="call">Time for a call.</param>
/// <param name="seek">Time of a seek.</param>
/// <param name="rate">Transfer rate in bytes/s.</param>
internal sealed class SimulatedDrive(World world, TimeSpan call, TimeSpan seek, long rate)
{
    private (string Path, long Offset) _head;
    private long _free;

    /// <summary>A hard disk.</summary>
    public static SimulatedDrive Spinning(World world) => new(world, TimeSpan.Zero, TimeSpan.FromMilliseconds(8), 100_000_000);

    /// <summary>A network folder.</summary>
    public static SimulatedDrive Share(World world, double milliseconds = 20) => new(world, TimeSpan.FromMilliseconds(milliseconds), TimeSpan.Zero, 100_000_000);

    public int Calls { get; private set; }

    public int Seeks { get; private set; }

    public long BytesRead { get; private set; }

    public long BytesWritten { get; private set; }

    /// <summary>Transfers bytes; the disk thread waits for that.</summary>
    /// <returns>The duration.</returns>
    public TimeSpan Move(string path, long offset, long count, bool isWrite)
    {
        Calls++;
        TimeSpan takes = call + TimeSpan.FromSeconds(count / (double)rate);
        if (_head != (path, offset))
        {
            Seeks++;
            takes += seek;
        }

        _head = (path, offset + count);
        if (isWrite)
            BytesWritten += count;
        else
            BytesRead += count;
        _free = Math.Max(_free, world.Now) + takes.Ticks;
        var all = TimeSpan.FromTicks(_free - world.Now);
        SimulatedDisk.Wait(takes);
        return all;
    }
}
