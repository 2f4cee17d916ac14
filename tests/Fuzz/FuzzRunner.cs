using System.Diagnostics;

namespace TorrentPatron.Fuzz;

/// <summary>Tests a target with inputs. Each depends only on the seed and its number, so that it can be created again.</summary>
/// <param name="target">The decoder.</param>
/// <param name="seed">The seed.</param>
/// <param name="failures">Folder for inputs that failed; created when needed.</param>
internal sealed class FuzzRunner(IFuzzTarget target, int seed, string failures)
{
    /// <summary>Number of failures that end a run.</summary>
    public const int MostFailures = 10;

    /// <summary>Much more than any input needs, even on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<string> _failures = [];
    private readonly HashSet<string> _kinds = [];
    private long _inputs;
    private long _sound;
    private byte[] _current = [];

    /// <summary>The result so far.</summary>
    public FuzzReport Report => new(target.Name, _inputs, _sound, [.. _failures]);

    /// <summary>Tries some inputs.</summary>
    /// <param name="first">Number of the first input.</param>
    /// <param name="count">Number of inputs.</param>
    public void Run(long first, long count)
    {
        using var watchdog = new Timer(_ => Save(_current, "it hangs", first), null, Patience, Timeout.InfiniteTimeSpan);
        for (long number = first; number < first + count && _failures.Count < MostFailures; number++)
        {
            _current = Input(number);
            watchdog.Change(Patience, Timeout.InfiniteTimeSpan);
            Try(_current, number);
        }
    }

    /// <summary>Creates an input.</summary>
    public byte[] Input(long number) => target.Mutator.Make(new Random(HashCode(seed, number)));

    private static int HashCode(int seed, long number)
    {
        // A hash of our own: the runtime's differs between processes.
        ulong mixed = unchecked(((ulong)(uint)seed << 32) ^ ((ulong)number * 0x9E3779B97F4A7C15));
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        return (int)(mixed >> 33);
    }

    private void Try(byte[] input, long number)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        try
        {
            _inputs++;
            if (target.Run(input))
                _sound++;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > target.AllowedBytes(input.Length))
                Save(input, $"{input.Length} bytes of input made it allocate {allocated}", number);
            else if (Stopwatch.GetElapsedTime(start) > Patience)
                Save(input, "it took too long", number);
        }
#pragma warning disable CA1031 // Whatever it was is what this is looking for.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Save(input, $"{fault.GetType().Name}: {fault.Message} {Place(fault)}", number);
        }
    }

    private static string Place(Exception fault) =>
        fault.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("TorrentPatron", StringComparison.Ordinal)
            && !line.Contains("Property.", StringComparison.Ordinal))?.Trim() ?? "";

    private void Save(byte[] input, string what, long number)
    {
        // One failure of each kind is enough; the kind is the location and the message without numbers.
        if (!_kinds.Add(string.Concat(what.Where(c => !char.IsAsciiDigit(c)))))
            return;
        Directory.CreateDirectory(failures);
        string path = Path.Combine(failures, $"{target.Name}-{seed}-{number}.bin");
        File.WriteAllBytes(path, input);
        _failures.Add($"{what} [{path}]");
    }
}
