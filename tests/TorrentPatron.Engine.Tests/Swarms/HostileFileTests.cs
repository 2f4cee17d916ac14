using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Another user of the machine puts links and pipes in place of a torrent's files.</summary>
public sealed class HostileFileTests
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_replaced_by_a_link_after_a_restart_is_not_sent(bool isFolder)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(170, Piece, Piece, Piece);
        await using var engine = new TestEngine(network);
        using var elsewhere = new TempFolder();
        string folder = Path.Combine(engine.Destination, torrent.Metainfo.Name);
        string file = Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path);
        File.WriteAllBytes(elsewhere[Path.GetFileName(file)], new byte[Piece]);
        await RestartAsync(engine, torrent);
        HostileFiles.ReplaceWithLink(isFolder ? folder : file, isFolder ? elsewhere.Path : elsewhere[Path.GetFileName(file)]);

        using ScriptedPeer peer = await AskAsync(network, engine, torrent);

        TorrentStatus failed = await engine.WaitStatusAsync(status => status.Error is not null);
        Assert.Equal(TorrentErrorId.DiskReadFailed, failed.Error!.Id);
        Assert.Contains("symbolic link", failed.Error.Message);
        Assert.Equal(0, failed.BytesSent);
    }

    [Fact]
    public async Task A_link_that_leads_elsewhere_after_a_restart_is_hashed_and_not_sent()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(171, Piece, Piece, Piece);
        await using var engine = new TestEngine(network);
        using var elsewhere = new TempFolder();
        string file = Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path);
        torrent.WriteTo(engine.Destination);
        File.Copy(file, elsewhere["good"]);
        File.WriteAllBytes(elsewhere["secret"], new byte[Piece]);
        File.SetLastWriteTimeUtc(elsewhere["secret"], File.GetLastWriteTimeUtc(elsewhere["good"]));
        HostileFiles.ReplaceWithLink(file, elsewhere["good"]);
        var store = new MemoryResumeStore();
        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(torrent.Metainfo, store));
        await engine.CompletedAsync();
        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        File.Delete(file);
        File.CreateSymbolicLink(file, elsewhere["secret"]);

        // It has the length and time of the original file, but is hashed all the same, and never written to.
        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(torrent.Metainfo, store));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.Contains(file, fail.Error.Message);
        Assert.Equal(new byte[Piece], File.ReadAllBytes(elsewhere["secret"]));
    }

    [Fact]
    public async Task A_link_is_read_while_it_leads_to_the_hashed_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(172, Piece, Piece, Piece);
        await using var engine = new TestEngine(network);
        using var elsewhere = new TempFolder();
        string file = Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path);
        torrent.WriteTo(engine.Destination);
        File.Copy(file, elsewhere["good"]);
        HostileFiles.ReplaceWithLink(file, elsewhere["good"]);
        await RestartAsync(engine, torrent);
        await engine.WaitStatusAsync(status => status is { State: TorrentState.Seeding, VerifiedPieces: 2 });

        using ScriptedPeer peer = await AskAsync(network, engine, torrent);
        byte[] body = await peer.NextAsync(MessageId.Piece);
        Assert.Equal(torrent.Bytes(1, 0, BlockRequest.BlockLength), body.AsSpan(8));
    }

    [Fact]
    public async Task A_pipe_at_a_files_path_is_reported_at_the_start_and_blocks_no_other_torrent()
    {
        Assert.SkipUnless(HostileFiles.CanMakePipes, "This system has no named pipes in its file system.");
        var network = new MemoryNetwork();
        SwarmTorrent torrent = new(173, Piece, Piece, Piece), other = new(174, Piece, Piece);
        await using TestEngine seed = new(network, 1), engine = new(network, 2);
        await seed.SeedAsync(other);
        string file = Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        HostileFiles.MakePipe(file);

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore()));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.Contains("pipe", fail.Error.Message);

        await engine.StartAsync(other, seed.EndPoint);
        await engine.CompletedAsync();
    }

    [Fact]
    public async Task A_pipe_that_appears_during_seeding_fails_the_torrent_with_the_reason()
    {
        Assert.SkipUnless(HostileFiles.CanMakePipes, "This system has no named pipes in its file system.");
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(175, Piece, Piece, Piece);
        await using var engine = new TestEngine(network);
        await RestartAsync(engine, torrent);
        string file = Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path);
        File.Delete(file);
        HostileFiles.MakePipe(file);

        using ScriptedPeer peer = await AskAsync(network, engine, torrent);

        TorrentStatus failed = await engine.WaitStatusAsync(status => status.Error is not null);
        Assert.Equal(TorrentErrorId.DiskReadFailed, failed.Error!.Id);
        Assert.Contains("pipe", failed.Error.Message);
    }

    /// <summary>Seeds, stops and seeds again, so that no file is open.</summary>
    private static async Task RestartAsync(TestEngine engine, SwarmTorrent torrent)
    {
        var store = new MemoryResumeStore();
        if (!Directory.Exists(Path.Combine(engine.Destination, torrent.Metainfo.Name)))
            torrent.WriteTo(engine.Destination);
        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(torrent.Metainfo, store));
        await engine.CompletedAsync();
        await engine.SendAsync(id => new CloseTorrent(id, torrent.Metainfo.TorrentId));
        Assert.IsType<NewTorrentCreated>(await engine.StartAsync(torrent.Metainfo, store));
    }

    /// <summary>Requests the first block of the second piece.</summary>
    private static async Task<ScriptedPeer> AskAsync(MemoryNetwork network, TestEngine engine, SwarmTorrent torrent)
    {
        ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, torrent);
        await peer.SendAsync(MessageId.Interested);
        await peer.NextAsync(MessageId.Unchoke);
        await peer.SendRangeAsync(MessageId.Request, new BlockRequest(1, 0, BlockRequest.BlockLength));
        return peer;
    }
}
