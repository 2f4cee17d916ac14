using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>The blocks of unfinished pieces are kept, whatever ends or interrupts the download.</summary>
public sealed class UnfinishedPieceTests : IAsyncDisposable
{
    private const int Block = BlockRequest.BlockLength;
    private const int Piece = 8 * Block;
    private const int Kept = 5;

    private readonly MemoryNetwork _network = new();
    private readonly SwarmTorrent _torrent = new(120, Piece, (3 * Piece) - 100);
    private readonly TestEngine _engine;
    private MemoryResumeStore _store = new();

    public UnfinishedPieceTests() => _engine = new TestEngine(_network);

    private TorrentId Id => _torrent.Metainfo.TorrentId;

    private TorrentStatus Status => _engine.Client.GetStatus(Id)!;

    private string Content => Path.Combine(_engine.Destination, _torrent.Metainfo.Files[0].Path);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task A_stop_keeps_the_blocks_of_an_unfinished_piece_and_the_next_start_requests_only_the_others()
    {
        await ReceiveSomeAsync();
        Assert.IsType<TorrentClosed>(await _engine.SendAsync(c => new CloseTorrent(c, Id)));

        Assert.Equal(Kept, _store.Data!.Unfinished.Sum(piece => piece.Blocks.Count));
        Assert.True(_store.Data.Verified.IsEmpty);
        await RestartAsync();
        await FinishAsync();
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
    }

    [Fact]
    public async Task A_suspension_keeps_the_blocks()
    {
        await ReceiveSomeAsync();
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new SuspendTorrent(c, Id)));
        Assert.Equal(Kept, _store.Data!.Unfinished.Sum(piece => piece.Blocks.Count));
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new ResumeTorrent(c, Id)));

        await FinishAsync();
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
    }

    [Fact]
    public async Task A_recheck_keeps_the_blocks()
    {
        await ReceiveSomeAsync();
        Assert.Empty(Assert.IsType<TorrentChecked>(await _engine.SendAsync(c => new RecheckTorrent(c, Id))).BadPieces);

        await FinishAsync();
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
    }

    [Fact]
    public async Task A_start_with_a_check_keeps_the_blocks()
    {
        await ReceiveSomeAsync();
        await _engine.SendAsync(c => new CloseTorrent(c, Id));

        await RestartAsync(c => c with { Recheck = true });
        await FinishAsync();
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
    }

    [Fact]
    public async Task A_move_includes_the_blocks()
    {
        using var other = new TempFolder();
        await ReceiveSomeAsync();
        Assert.IsType<CommandDone>(await _engine.SendAsync(c => new MoveTorrent(c, Id, other.Path)));

        await FinishAsync(other.Path);
        Assert.Equal(_torrent.Data.Length, Status.BytesReceived);
    }

    [Fact]
    public async Task Data_missing_on_disk_is_fetched_again()
    {
        await ReceiveSomeAsync();
        await _engine.SendAsync(c => new CloseTorrent(c, Id));
        File.Delete(Content);

        await RestartAsync();
        await FinishAsync();
        Assert.Equal(_torrent.Data.Length + (Kept * Block), Status.BytesReceived);
    }

    [Fact]
    public async Task Data_damaged_on_disk_is_fetched_again_and_no_peer_is_blamed()
    {
        await ReceiveSomeAsync();
        await _engine.SendAsync(c => new CloseTorrent(c, Id));
        UnfinishedPiece damaged = _store.Data!.Unfinished[0];
        using (var file = new FileStream(Content, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = (long)damaged.Piece * Piece;
            file.WriteByte((byte)~_torrent.Data[damaged.Piece * Piece]);
        }

        await RestartAsync();
        using ScriptedPeer peer = await FinishAsync();
        Assert.Equal((_torrent.Data.Length + (damaged.Blocks.Count * Block), 0), (Status.BytesReceived, Status.FailedPieces));
        Assert.Equal(damaged.Blocks.Count * Block, Status.BytesWasted);
        using ScriptedPeer again = await ScriptedPeer.ConnectAsync(_network, _engine, _torrent, id: 2);
        Assert.NotNull(await again.NextAsync());
    }

    [Fact]
    public async Task An_unfinished_piece_that_is_skipped_is_kept_until_it_is_wanted_again()
    {
        var torrent = new SwarmTorrent(121, Piece, Piece, Piece);
        await _engine.StartAsync(torrent.Metainfo, _store, c => c with { FilePriorities = [FilePriority.Normal, FilePriority.Skip] });
        using (ScriptedPeer peer = await OfferAsync(torrent))
            await AnswerAsync(peer, torrent, Kept);
        TorrentId id = torrent.Metainfo.TorrentId;
        await _engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Skip, FilePriority.Skip]));
        await _engine.SendAsync(c => new CloseTorrent(c, id));
        Assert.Equal([0], _store.Data!.Unfinished.Select(piece => piece.Piece));

        _store = new MemoryResumeStore { Data = _store.Data };
        await _engine.StartAsync(torrent.Metainfo, _store, c => c with { FilePriorities = [FilePriority.Normal, FilePriority.Normal] });
        using (ScriptedPeer peer = await OfferAsync(torrent))
        {
            _ = peer.ServeAsync(torrent);
            await _engine.WaitAsync<TorrentCompleted>(completed => completed.Status.VerifiedPieces == 2);
        }

        Assert.Equal(2 * Piece, _engine.Client.GetStatus(id)!.BytesReceived);
    }

    /// <summary>Starts the torrent, sends it a few blocks of a piece, and disconnects the peer.</summary>
    private async Task ReceiveSomeAsync()
    {
        Assert.IsType<NewTorrentCreated>(await _engine.StartAsync(_torrent.Metainfo, _store));
        using ScriptedPeer peer = await OfferAsync(_torrent);
        await AnswerAsync(peer, _torrent, Kept);
        await TestEngine.UntilAsync(() => Status.BytesReceived == Kept * Block);
    }

    private async Task<ScriptedPeer> OfferAsync(SwarmTorrent torrent)
    {
        TorrentId id = torrent.Metainfo.TorrentId;
        await TestEngine.UntilAsync(() => _engine.Client.GetStatus(id)!.State == TorrentState.Downloading);
        ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, torrent);
        await peer.SendAsync(MessageId.HaveAll);
        await peer.SendAsync(MessageId.Unchoke);
        return peer;
    }

    private async Task AnswerAsync(ScriptedPeer peer, SwarmTorrent torrent, int blocks)
    {
        TorrentId id = torrent.Metainfo.TorrentId;
        for (int block = 0; block < blocks; block++)
            await peer.SendAsync(ScriptedPeer.Block(torrent, await peer.NextRangeAsync(MessageId.Request)));
        await TestEngine.UntilAsync(() => _engine.Client.GetStatus(id)!.BytesReceived == blocks * Block);
    }

    private async Task RestartAsync(Func<CreateNewTorrent, CreateNewTorrent>? with = null)
    {
        _store = new MemoryResumeStore { Data = _store.Data };
        Assert.IsType<NewTorrentCreated>(await _engine.StartAsync(_torrent.Metainfo, _store, with));
    }

    private async Task<ScriptedPeer> FinishAsync(string? destination = null)
    {
        ScriptedPeer peer = await OfferAsync(_torrent);
        _ = peer.ServeAsync(_torrent);
        await _engine.CompletedAsync();
        _torrent.AssertIsIn(destination ?? _engine.Destination);
        return peer;
    }
}
