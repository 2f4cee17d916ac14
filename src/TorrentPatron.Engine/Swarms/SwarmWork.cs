using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Moves a torrent's pieces between its files and its peers: the built-in engine's work.</summary>
internal sealed class SwarmWork : IWork, ISwarmEvents
{
    private readonly EngineResources _engine;
    private readonly TorrentMetainfo _metainfo;
    private readonly PeerSet _set;
    private readonly IWorkEvents _events;
    private readonly SwarmPieces _pieces;
    private readonly SwarmPeers _peers;
    private readonly MetadataServer _metadata;

    /// <summary>Puts it together; nothing is touched yet.</summary>
    /// <param name="engine">What all torrents share.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="network">Its share of the network.</param>
    /// <param name="events">Is told of pieces.</param>
    public SwarmWork(EngineResources engine, TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events)
    {
        _engine = engine;
        _metainfo = metainfo;
        _events = events;
        _set = network.Peers;
        _pieces = new SwarmPieces(metainfo, storage, engine, this);
        var reader = new BlockReader(storage, engine.DiskWorkers, metainfo.PieceLength, e => events.StorageFailed(e.Error));
        _peers = new SwarmPeers(metainfo, _pieces, reader, engine, _set);
        _metadata = new MetadataServer(metainfo.RawInfo, network.Upload, engine.Time);
        _set.Extensions.Set(_metadata);
    }

    /// <inheritdoc/>
    public PieceProgress Progress => _pieces.Progress;

    /// <inheritdoc/>
    public bool IsComplete => _pieces.IsComplete;

    /// <inheritdoc/>
    public long MissingBytes => _pieces.MissingBytes;

    /// <inheritdoc/>
    public int FailedPieces => _pieces.FailedCount;

    /// <inheritdoc/>
    public RateMeter Received => _peers.Received;

    /// <inheritdoc/>
    public RateMeter Sent => _peers.Sent;

    /// <inheritdoc/>
    public long Wasted => _peers.Wasted;

    /// <inheritdoc/>
    public (int Peers, int Seeds) Connected
    {
        get
        {
            IReadOnlyList<PeerTransfer> peers = _peers.Connected;
            return (peers.Count, peers.Count(peer => peer.Record.IsSeed));
        }
    }

    /// <inheritdoc/>
    public bool IsResting => _peers.IsResting;

    /// <inheritdoc/>
    public Bitfield Verified() => _pieces.Verified();

    /// <inheritdoc/>
    public IReadOnlyList<UnfinishedPiece> Unfinished() => _pieces.Unfinished();

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> Peers() => TorrentView.Peers(_peers.Connected, _set.Directory, _metainfo.PieceCount);

    /// <inheritdoc/>
    public void Reset(Bitfield verified, IReadOnlyList<UnfinishedPiece>? unfinished = null)
    {
        if (unfinished is null)
            _pieces.Reset(verified);
        else
            _pieces.Reset(verified, unfinished);
    }

    /// <inheritdoc/>
    public void Apply(TorrentChoices choices) => _pieces.Sequential = choices.Sequential;

    /// <inheritdoc/>
    public void Want(IReadOnlyList<FilePriority> priorities) => _pieces.SetPriorities(priorities, _peers.Connected);

    /// <inheritdoc/>
    public void Wanted() => _peers.WantsChanged();

    /// <inheritdoc/>
    public void AddPeers(IEnumerable<IPEndPoint> peers, PeerSource source) => _set.Add(peers, source);

    /// <inheritdoc/>
    public void Accept(IConnection connection, Handshake handshake) => _set.Attach(connection, handshake, isIncoming: true);

    /// <inheritdoc/>
    public void Open()
    {
        _pieces.Open(true);
        _peers.Open();
    }

    /// <inheritdoc/>
    public void Wake() => _peers.BeginFlow();

    /// <inheritdoc/>
    public void Tick(TimeSpan elapsed) => _peers.Tick(elapsed);

    /// <inheritdoc/>
    public void Halt(string reason)
    {
        _pieces.Open(false);
        _set.Close(reason);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(string reason)
    {
        _set.Close(reason);
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        _pieces.Open(false);
        // What a peer handed over beside this is let go of now; nothing tells of a piece after it.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> WriteOutAsync() => _pieces.WriteOutAsync();

    /// <inheritdoc/>
    void ISwarmEvents.PieceVerified(int piece, bool isComplete)
    {
        _peers.PieceVerified(piece, isComplete);
        _events.PieceVerified(piece, isComplete);
    }

    /// <inheritdoc/>
    void ISwarmEvents.PieceFailed(ActivePiece piece, IReadOnlyList<PeerTransfer> senders) => _peers.PieceFailed(piece.Length, senders);

    /// <inheritdoc/>
    void ISwarmEvents.RestoredBlocksDropped(long bytes) => _peers.RestoredBlocksDropped(bytes);

    /// <inheritdoc/>
    void ISwarmEvents.PoisonersFound(IReadOnlyList<PeerTransfer> guilty) => _peers.Ban(guilty);

    /// <inheritdoc/>
    void ISwarmEvents.StorageFailed(TorrentError error) => _events.StorageFailed(error);

    /// <inheritdoc/>
    void ISwarmEvents.Faulted(Exception fault) => _events.Faulted(fault);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _peers.Dispose();
        _metadata.Dispose();
        return ValueTask.CompletedTask;
    }
}
