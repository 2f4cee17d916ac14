using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Metadata;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A file exists at a path of a torrent: the torrent continues it if the content is its own, and leaves it unchanged otherwise.</summary>
public sealed class ForeignFileTests
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData(5)]
    [InlineData(3 * Piece)]
    [InlineData(4 * Piece)]
    [InlineData(5 * Piece)]
    public async Task A_file_without_any_of_the_torrents_data_fails_the_start_and_stays_unchanged(int length)
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        var torrent = new SwarmTorrent(120, Piece, 4 * Piece);
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Name);
        byte[] foreign = SwarmTorrent.RandomBytes(121, length);
        File.WriteAllBytes(path, foreign);
        var store = new MemoryResumeStore();

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(torrent.Metainfo, store));

        Assert.Equal(TorrentErrorId.ForeignFile, fail.Error.Id);
        Assert.Contains($"'{path}'", fail.Error.Message);
        Assert.Equal(foreign, File.ReadAllBytes(path));
        Assert.True(store.IsDisposed);
        Assert.Empty(engine.Client.GetStatuses());
        File.Delete(path);
        await engine.StartAsync(torrent);
    }

    [Fact]
    public async Task Another_clients_unfinished_files_are_continued_and_recorded_before_the_first_byte()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(122, Piece, 4 * Piece, 2 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        WriteFile(engine, torrent, 0, torrent.Data.AsSpan(Piece, Piece), at: Piece, length: 4 * Piece);
        WriteFile(engine, torrent, 1, [], at: 0, length: 2 * Piece);

        MemoryResumeStore store = await engine.StartAsync(torrent);
        Assert.Equal(2, store.Data!.Origin!.FilesBefore.Count);
        Assert.Equal(2, store.Data.Origin.FilesWritten.Count);
        await engine.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        await engine.CompletedAsync();

        torrent.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_longer_file_is_truncated_only_if_its_beginning_is_the_torrents()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(123, Piece, 4 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2), other = new(network, 3);
        await seed.SeedAsync(torrent);
        byte[] tail = SwarmTorrent.RandomBytes(124, Piece);
        byte[] wrongBeginning = [.. tail, .. torrent.Data[Piece..], .. tail];
        WriteFile(engine, torrent, 0, wrongBeginning, at: 0, length: 5 * Piece);
        WriteFile(other, torrent, 0, [.. torrent.Data[..(2 * Piece)], .. tail, .. tail, .. tail], at: 0, length: 5 * Piece);

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore()));
        Assert.Equal(TorrentErrorId.ForeignFile, fail.Error.Id);
        Assert.Equal(wrongBeginning, File.ReadAllBytes(Path.Combine(engine.Destination, torrent.Metainfo.Name)));

        await other.StartAsync(torrent, seed.EndPoint);
        await other.CompletedAsync();
        torrent.AssertIsIn(other.Destination);
    }

    [Fact]
    public async Task A_longer_file_that_contains_all_of_the_torrents_data_is_seeded_unchanged()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        var torrent = new SwarmTorrent(125, Piece, 4 * Piece);
        byte[] longer = [.. torrent.Data, 1, 2, 3];
        WriteFile(engine, torrent, 0, longer, at: 0, length: longer.Length);

        await engine.StartAsync(torrent);
        await engine.CompletedAsync();
        await engine.StopAsync();

        Assert.Equal(longer, File.ReadAllBytes(Path.Combine(engine.Destination, torrent.Metainfo.Name)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_of_the_right_length_that_cannot_be_checked_alone_is_compared_and_never_changed(bool isRight)
    {
        // Both small files lie in the first piece; the second file is missing.
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(126, Piece, 1000, 2000, 2 * Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        byte[] there = isRight ? torrent.Data[..1000] : SwarmTorrent.RandomBytes(127, 1000);
        WriteFile(engine, torrent, 0, there, at: 0, length: 1000);
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Files[0].Path);
        DateTime written = File.GetLastWriteTimeUtc(path);

        await engine.StartAsync(torrent, seed.EndPoint);
        TorrentStatus end = await engine.WaitStatusAsync(s => s.State is TorrentState.Seeding or TorrentState.Failed);

        Assert.Equal(isRight ? TorrentState.Seeding : TorrentState.Failed, end.State);
        Assert.Equal(isRight ? null : TorrentErrorId.ForeignFile, end.Error?.Id);
        Assert.Equal(there, File.ReadAllBytes(path));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public async Task A_torrent_that_failed_because_of_a_foreign_file_continues_when_that_file_is_gone_or_not_wanted()
    {
        var network = new MemoryNetwork();
        // Too large to be hashed before the start is answered.
        var torrent = new SwarmTorrent(128, 1 << 20, 20 << 20, 1 << 20);
        TorrentId id = torrent.Metainfo.TorrentId;
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        byte[] foreign = SwarmTorrent.RandomBytes(129, 20 << 20);
        WriteFile(engine, torrent, 0, foreign, at: 0, length: foreign.Length);
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Files[0].Path);
        await engine.StartAsync(torrent, seed.EndPoint);
        TorrentStatus failed = await engine.WaitStatusAsync(s => s.State == TorrentState.Failed);
        Assert.Equal(TorrentErrorId.ForeignFile, failed.Error!.Id);
        Assert.Equal(foreign, File.ReadAllBytes(path));

        await engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Skip, FilePriority.Normal]));
        Assert.IsType<CommandDone>(await engine.SendAsync(c => new ResumeTorrent(c, id)));
        await engine.CompletedAsync();
        Assert.Equal(foreign, File.ReadAllBytes(path));
        Assert.Equal(
            TorrentErrorId.ForeignFile,
            Assert.IsType<CommandFail>(await engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Normal]))).Error.Id);

        File.Delete(path);
        Assert.IsType<CommandDone>(await engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Normal])));
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(id)!.State == TorrentState.Seeding);
        torrent.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_file_found_to_be_foreign_when_a_links_metadata_arrives_is_not_changed_even_when_the_torrent_is_resumed()
    {
        var network = new MemoryNetwork();
        SwarmTorrent torrent = MagnetDownload.NewTorrent(130);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(torrent);
        byte[] foreign = SwarmTorrent.RandomBytes(131, 3000);
        WriteFile(engine, torrent, 0, foreign, at: 0, length: foreign.Length);
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Files[0].Path);
        await engine.SendAsync(id => new CreateNewTorrent(id, MagnetDownload.LinkTo(torrent), engine.Destination)
        {
            ResumeStore = new MemoryResumeStore(), Peers = [seed.EndPoint],
        });
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);
        Assert.Equal(TorrentErrorId.ForeignFile, failed.Error!.Id);

        await engine.SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(torrent.Metainfo.TorrentId)!.State == TorrentState.Failed);

        Assert.Equal(TorrentErrorId.ForeignFile, engine.Client.GetStatus(torrent.Metainfo.TorrentId)!.Error!.Id);
        Assert.Equal(foreign, File.ReadAllBytes(path));
    }

    private static void WriteFile(TestEngine engine, SwarmTorrent torrent, int file, ReadOnlySpan<byte> bytes, long at, long length)
    {
        string path = Path.Combine(engine.Destination, torrent.Metainfo.Files[file].Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream stream = File.Create(path);
        stream.SetLength(length);
        stream.Position = at;
        stream.Write(bytes);
    }
}
