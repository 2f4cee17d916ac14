using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A torrent that only seeds fails if data is missing or wrong; it creates, writes and downloads nothing.</summary>
public sealed class SeedOnlyTests
{
    private const int Piece = 32 * 1024;

    private static readonly TorrentOptions SeedOnly = new() { SeedOnly = true };

    [Fact]
    public async Task Existing_data_is_seeded_even_after_restarts()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(140, Piece, 2 * Piece, 0, Piece);
        await using TestEngine engine = new(network, 1), leecher = new(network, 2);
        torrent.WriteTo(engine.Destination);
        File.Delete(Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path));
        var store = new MemoryResumeStore();
        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(torrent.Metainfo, store, c => c with { Options = SeedOnly }));
        await engine.CompletedAsync();
        await leecher.StartAsync(torrent, engine.EndPoint);
        await leecher.CompletedAsync();
        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        Assert.False(File.Exists(Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path)));

        File.Delete(Path.Combine(engine.Destination, torrent.Metainfo.Files[2].Path));
        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(
            await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore { Data = store.Data }));

        Assert.Equal(TorrentErrorId.DataIncomplete, fail.Error.Id);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Piece)]
    [InlineData(2 * Piece)]
    public async Task A_missing_short_or_damaged_file_fails_the_start_and_leaves_nothing_behind(int length)
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        var torrent = new SwarmTorrent(141, Piece, 2 * Piece);
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Name);
        if (length >= 0)
            File.WriteAllBytes(path, new byte[length]);
        var store = new MemoryResumeStore();

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(torrent.Metainfo, store, c => c with { Options = SeedOnly }));

        Assert.Equal(TorrentErrorId.DataIncomplete, fail.Error.Id);
        Assert.Contains($"'{path}'", fail.Error.Message);
        Assert.True(store.IsDisposed);
        Assert.Empty(engine.Client.GetStatuses());
        if (length < 0)
            Assert.Empty(Directory.EnumerateFileSystemEntries(engine.Destination));
        else
            Assert.Equal(new byte[length], File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_file_found_damaged_later_fails_the_torrent_which_continues_when_it_is_repaired()
    {
        var network = new MemoryNetwork();
        // Too large to be hashed before the start is answered.
        var torrent = new SwarmTorrent(142, 1 << 20, 20 << 20);
        TorrentId hash = torrent.Metainfo.TorrentId;
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Name);
        byte[] wrong = [.. torrent.Data];
        wrong[5] ^= 1;
        File.WriteAllBytes(path, wrong);
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Options = SeedOnly, Peers = [seed.EndPoint] });
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);
        Assert.Equal(TorrentErrorId.DataIncomplete, failed.Error!.Id);
        Assert.True(failed.SeedOnly);

        torrent.WriteTo(engine.Destination);
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new ResumeTorrent(id, hash)));
        await engine.CompletedAsync();

        File.WriteAllBytes(path, wrong);
        await engine.SendAsync(id => new RecheckTorrent(id, hash));
        Assert.Equal(TorrentErrorId.DataIncomplete, engine.Client.GetStatus(hash)!.Error?.Id);
        Assert.Equal(0, engine.Client.GetStatus(hash)!.BytesReceived);
        Assert.Equal(wrong, File.ReadAllBytes(path));

        // Once it may download, it repairs the data.
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new SetTorrent(id, hash, new TorrentOptions { SeedOnly = false })));
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new ResumeTorrent(id, hash)));
        await engine.SendAsync(id => new AddSources(id, hash, [seed.EndPoint], []));
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(hash)!.State == TorrentState.Seeding);
        torrent.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task Only_a_complete_torrent_can_be_changed_to_one_that_only_seeds()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        SwarmTorrent missing = new(143, Piece, 2 * Piece), complete = new(144, Piece, 2 * Piece);
        await engine.StartAsync(missing);
        await engine.SeedAsync(complete);

        CommandFail fail = Assert.IsType<CommandFail>(await engine.SendAsync(id => new SetTorrent(id, missing.Metainfo.TorrentId, SeedOnly)));
        Assert.Equal(TorrentErrorId.DataIncomplete, fail.Error.Id);
        Assert.False(engine.Client.GetStatus(missing.Metainfo.TorrentId)!.SeedOnly);

        Assert.IsType<CommandDone>(await engine.SendAsync(id => new SetTorrent(id, complete.Metainfo.TorrentId, SeedOnly)));
        TorrentStatus status = engine.Client.GetStatus(complete.Metainfo.TorrentId)!;
        Assert.True(status is { SeedOnly: true, State: TorrentState.Seeding });
    }

    [Fact]
    public async Task Files_behind_links_are_seeded_and_never_written_through()
    {
        if (OperatingSystem.IsWindows())
            return;
        var torrent = new SwarmTorrent(145, Piece, 2 * Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        using var real = new Storage.TempFolder();
        torrent.WriteTo(real.Path);
        Directory.CreateSymbolicLink(Path.Combine(engine.Destination, torrent.Metainfo.Name), real[torrent.Metainfo.Name]);

        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Options = SeedOnly }));
        await engine.CompletedAsync();

        string second = Path.Combine(real.Path, torrent.Metainfo.Files[1].Path);
        File.WriteAllBytes(second, new byte[Piece]);
        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore()));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.Equal(new byte[Piece], File.ReadAllBytes(second));
    }
}
