using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli.Demo;

/// <summary>A temporary folder with a file of random bytes to share; Dispose deletes it with its content.</summary>
internal sealed class DemoContent : IDisposable
{
    private const string FileName = "demo.bin";
    private const int BufferBytes = 1 << 20;

    private readonly string _root;
    private readonly long _size;

    /// <summary>Creates the folder.</summary>
    /// <param name="size">Bytes to share, 1 or more.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.InsufficientDiskSpace"/>.</exception>
    public DemoContent(long size)
    {
        _size = size;
        string temp = Path.GetTempPath();
        long room = new DriveInfo(temp).AvailableFreeSpace;
        if (room / 2 < size)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InsufficientDiskSpace,
                $"The demo needs {size * 2m:0} bytes in '{DisplayText.Clean(temp)}'; {room} are free.",
                "Free some space there, or choose a smaller --size."));
        }

        _root = Directory.CreateTempSubdirectory("patron-demo-").FullName;
    }

    /// <summary>The folder of the seeder's file.</summary>
    public string SeedFolder => Path.Combine(_root, "seed");

    /// <summary>Path of the seeder's file.</summary>
    public string SeedFile => Path.Combine(SeedFolder, FileName);

    /// <summary>The folder of the downloader's file.</summary>
    public string DownloadFolder => Path.Combine(_root, "download");

    /// <summary>The folder of the saved state of one of the two.</summary>
    /// <param name="name">The name of the folder.</param>
    public string StateFolder(string name) => Path.Combine(_root, "state", name);

    /// <summary>Fills the seeder's file.</summary>
    /// <param name="random">Supplies the bytes.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    public async Task FillAsync(Random random, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(SeedFolder);
        byte[] buffer = new byte[BufferBytes];
        FileStream file = Open(SeedFile, FileMode.CreateNew, FileAccess.Write);
        await using (file.ConfigureAwait(false))
        {
            for (long left = _size; left > 0; left -= buffer.Length)
            {
                random.NextBytes(buffer);
                int count = (int)Math.Min(left, buffer.Length);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Compares the downloaded data with the shared data, byte for byte.</summary>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <returns>Whether they are the same.</returns>
    public async Task<bool> ArrivedAsync(CancellationToken cancellationToken)
    {
        FileStream expected = Open(SeedFile, FileMode.Open, FileAccess.Read);
        await using var closedExpected = expected.ConfigureAwait(false);
        FileStream actual = Open(Path.Combine(DownloadFolder, FileName), FileMode.Open, FileAccess.Read);
        await using var closedActual = actual.ConfigureAwait(false);
        if (expected.Length != _size || actual.Length != _size)
            return false;

        byte[] some = new byte[BufferBytes];
        byte[] other = new byte[BufferBytes];
        for (long left = _size; left > 0; left -= BufferBytes)
        {
            int count = (int)Math.Min(left, BufferBytes);
            await expected.ReadExactlyAsync(some.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            await actual.ReadExactlyAsync(other.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            if (!some.AsSpan(0, count).SequenceEqual(other.AsSpan(0, count)))
                return false;
        }

        return true;
    }

    /// <summary>Deletes the folder.</summary>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    // Without a stream buffer: the reads and writes are large.
    private static FileStream Open(string path, FileMode mode, FileAccess access) =>
        new(path, mode, access, FileShare.Read, bufferSize: 0, useAsync: true);
}
