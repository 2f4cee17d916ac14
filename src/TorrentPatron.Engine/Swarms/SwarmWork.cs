using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
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
        Pieces = new SwarmPieces(metainfo, storage, engine, this);
        var reader = new BlockReader(storage, engine.DiskWorkers, metainfo.PieceLength, e => events.StorageFailed(e.Error));
        Exchange = new SwarmPeers(metainfo, Pieces, reader, engine, _set);
        _metadata = new MetadataServer(metainfo.RawInfo, engine.Time);
        _set.Extensions.Set(_metadata);
    }

    /// <summary>The pieces.</summary>
    public SwarmPieces Pieces { get; }

    /// <summary>What goes on about them with the connected peers.</summary>
    public SwarmPeers Exchange { get; }

    /// <inheritdoc/>
    public PieceProgress Progress => Pieces.Selection.Progress;

    /// <inheritdoc/>
    public bool IsComplete => Pieces.Selection.IsComplete;

    /// <inheritdoc/>
    public long MissingBytes => Pieces.Selection.MissingBytes;

    /// <inheritdoc/>
    public int FailedPieces => Pieces.FailedCount;

    /// <inheritdoc/>
    public RateMeter Received => Exchange.Received;

    /// <inheritdoc/>
    public RateMeter Sent => Exchange.Sent;

    /// <inheritdoc/>
    public long Wasted => Exchange.Wasted;

    /// <inheritdoc/>
    public long Useful => Exchange.Useful;

    /// <inheritdoc/>
    public (int Peers, int Seeds) Connected
    {
        get
        {
            IReadOnlyList<PeerTransfer> peers = Exchange.Connected;
            return (peers.Count, peers.Count(peer => peer.Download.Availability.IsSeed));
        }
    }

    /// <inheritdoc/>
    public bool IsResting => Exchange.IsResting;

    /// <inheritdoc/>
    public bool Has(int piece) => Pieces.Selection.Has(piece);

    /// <inheritdoc/>
    public Bitfield Verified() => Pieces.Selection.Verified();

    /// <inheritdoc/>
    public IReadOnlyList<UnfinishedPiece> Unfinished() => Pieces.Active.Unfinished();

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> Peers() => PeerSnapshots.Make(Exchange.Connected, _set.Directory, _metainfo.PieceCount);

    /// <inheritdoc/>
    public void Reset(Bitfield verified, IReadOnlyList<UnfinishedPiece>? unfinished = null) => Pieces.Active.Reset(verified, unfinished);

    /// <inheritdoc/>
    public void Apply(TorrentChoices choices)
    {
        Pieces.Selection.Sequential = choices.Sequential;
        Exchange.SuperSeeding = choices.SuperSeeding;
    }

    /// <inheritdoc/>
    public void Want(IReadOnlyList<FilePriority> priorities) =>
        Pieces.SetPriorities(priorities, Exchange.Connected.Select(static peer => peer.Download));

    /// <inheritdoc/>
    public void Wanted() => Exchange.WantsChanged();

    /// <inheritdoc/>
    public void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin) => _set.Add(peers, origin);

    /// <inheritdoc/>
    public void Accept(IConnection connection, Handshake handshake) => _set.Attach(connection, handshake, isIncoming: true);

    /// <inheritdoc/>
    public void Open()
    {
        Pieces.Open(true);
        Exchange.Open();
    }

    /// <inheritdoc/>
    public void Wake() => Exchange.BeginFlow();

    /// <inheritdoc/>
    public void Tick(TimeSpan elapsed)
    {
        Pieces.Tick();
        Exchange.Tick(elapsed);
    }

    /// <inheritdoc/>
    public void Halt(string reason)
    {
        Pieces.Open(false);
        _set.Close(reason);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(string reason)
    {
        _set.Close(reason);
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        Pieces.Open(false);
        // What a peer handed over beside this is let go of now; nothing tells of a piece after it.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> WriteOutAsync() => Pieces.WriteOutAsync();

    /// <inheritdoc/>
    void ISwarmEvents.PieceVerified(int piece, bool isComplete)
    {
        Exchange.PieceVerified(piece, isComplete);
        _events.PieceVerified(piece, isComplete);
    }

    /// <inheritdoc/>
    void ISwarmEvents.PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders) => Exchange.PieceFailed(piece.Length, senders);

    /// <inheritdoc/>
    void ISwarmEvents.BlocksDropped(long bytes, bool areOfThisRun) => Exchange.BlocksDropped(bytes, areOfThisRun);

    /// <inheritdoc/>
    void ISwarmEvents.PoisonersFound(IReadOnlyList<IBlockSource> guilty) => Exchange.Ban(guilty);

    /// <inheritdoc/>
    void ISwarmEvents.StorageFailed(TorrentError error) => _events.StorageFailed(error);

    /// <inheritdoc/>
    void ISwarmEvents.Faulted(Exception fault) => _events.Faulted(fault);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Exchange.Dispose();
        _metadata.Dispose();
        return ValueTask.CompletedTask;
    }
}
