using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Files under names that are unsafe on some systems are seeded from there, but never written there.</summary>
public sealed class RawNameTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task Files_are_seeded_under_the_torrents_own_names_even_after_a_restart()
    {
        if (OperatingSystem.IsWindows())
            return;
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent("Album: One", SwarmTorrent.RandomBytes(150, 4 * Piece), Piece, Piece + 5, Piece - 5, 2 * Piece);
        await using TestEngine engine = new(network, 1), leecher = new(network, 2);
        WriteRaw(engine, torrent);

        MemoryResumeStore store = await engine.StartAsync(torrent);
        TorrentCompleted completed = await engine.CompletedAsync();
        Assert.Equal(Path.Combine(engine.Destination, "Album: One"), completed.Status.Path);
        Assert.Equal(
            Path.Combine(engine.Destination, "Album: One", "file0.bin"), engine.Client.GetFiles(torrent.Metainfo.TorrentId)[0].FullPath);
        await leecher.StartAsync(torrent, engine.EndPoint);
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = store.Data });
        await TestEngine.UntilAsync(() => engine.Client.GetStatuses() is [{ State: TorrentState.Seeding }]);

        Assert.Equal(0, engine.Client.GetStatuses()[0].RecheckedPieces);
        Assert.Equal(["Album: One"], Directory.EnumerateFileSystemEntries(engine.Destination).Select(Path.GetFileName));
        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(
            await engine.SendAsync(id => new RemoveTorrent(id, torrent.Metainfo.TorrentId, DeleteData: true)));
        Assert.Equal(0, removed.FilesDeleted);
    }

    [Fact]
    public async Task An_incomplete_file_under_its_raw_name_is_left_unchanged_and_downloaded_to_its_safe_path()
    {
        if (OperatingSystem.IsWindows())
            return;
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent("a: b", SwarmTorrent.RandomBytes(151, 6 * Piece), Piece, 2 * Piece, 2 * Piece, 2 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        WriteRaw(engine, torrent);
        string changed = Path.Combine(engine.Destination, "a: b", "file1.bin");
        byte[] bytes = File.ReadAllBytes(changed);
        bytes[Piece] ^= 1;
        File.WriteAllBytes(changed, bytes);

        await engine.StartAsync(torrent, seed.EndPoint);
        await engine.CompletedAsync();

        Assert.Equal(bytes, File.ReadAllBytes(changed));
        torrent.AssertIsIn(engine.Destination, torrent.Metainfo.Files[1]);
        Assert.Equal(["file1.bin"], Directory.EnumerateFiles(Path.Combine(engine.Destination, "a_ b")).Select(Path.GetFileName));
        Assert.Equal(2 * Piece, engine.Client.GetStatuses()[0].BytesReceived);
    }

    private static void WriteRaw(TestEngine engine, SwarmTorrent torrent)
    {
        foreach (TorrentFileEntry file in torrent.Metainfo.Files)
        {
            string path = Path.Combine(engine.Destination, file.RawPath!);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, torrent.Data.AsSpan((int)file.Offset, (int)file.Length));
        }
    }
}
