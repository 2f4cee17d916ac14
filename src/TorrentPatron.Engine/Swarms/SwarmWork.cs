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
using TorrentPatron.Engine.WebSeeds;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>The built-in engine's work: moves a torrent's pieces between its files and its peers.</summary>
internal sealed class SwarmWork : IWork, ISwarmEvents
{
    private readonly EngineResources _engine;
    private readonly TorrentMetainfo _metainfo;
    private readonly PeerSet _set;
    private readonly IWorkEvents _events;
    private readonly MetadataServer _metadata;
    private readonly TorrentStorage _storage;

    /// <summary>Fetches the missing piece layers of a hybrid; null if it has them, or is not a hybrid.</summary>
    private volatile LayerFetcher? _layers;

    /// <summary>Creates the work, without touching files.</summary>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="network">Its share of the network.</param>
    /// <param name="events">Receives the work's events.</param>
    public SwarmWork(EngineResources engine, TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events)
    {
        _engine = engine;
        _metainfo = metainfo;
        _events = events;
        _set = network.Peers;
        Pieces = new SwarmPieces(metainfo, storage, engine, this, _set.BackPressure);
        var reader = new BlockReader(storage, Pieces.DiskQueue, metainfo.PieceLength, e => events.StorageFailed(e.Error));
        Exchange = new SwarmPeers(metainfo, Pieces, reader, engine, _set) { BlocksFreed = () => WebSeeds!.Wake() };
        WebSeeds = new WebSeedSet(
            new WebSeedTorrent(metainfo, Pieces.Selection, Pieces.Active, Exchange, engine, _set.BackPressure, network.Download), events.Warned);
        _metadata = new MetadataServer(metainfo.RawInfo, engine.Time);
        _set.Extensions.Set(_metadata);
        _storage = storage;
        if (metainfo is { Version: MetainfoVersion.Hybrid, HasPieceLayers: false } && LayerFetcher.SizeOf(metainfo) <= MetainfoReader.MaxMetadataBytes)
        {
            _layers = new LayerFetcher(
                metainfo, () => _set.Connected, engine.MetadataMemory, engine.Time, _set.Ban, layers => events.PieceLayersFetched(metainfo, layers));
        }

        if (metainfo.HasPieceLayers)
            UseLayers(metainfo);
        else
            _set.Hashes = _layers;
    }

    /// <summary>The pieces.</summary>
    public SwarmPieces Pieces { get; }

    /// <summary>The exchange of pieces with the connected peers.</summary>
    public SwarmPeers Exchange { get; }

    /// <summary>The web seeds, used in addition to the peers.</summary>
    public WebSeedSet WebSeeds { get; }

    /// <inheritdoc/>
    IReadOnlyList<WebSeedSnapshot> IWork.WebSeeds => WebSeeds.Snapshots();

    /// <inheritdoc/>
    public IEnumerable<TorrentError> Shortcomings => WebSeeds.Warnings;

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
        WebSeeds.Set(AddressReader.WebSeeds(_metainfo.WebSeeds).Except(choices.RemovedWebSeeds), choices.AddedWebSeeds);
    }

    /// <inheritdoc/>
    public void Want(IReadOnlyList<FilePriority> priorities) =>
        Pieces.SetPriorities(priorities, Exchange.Connected.Select(static peer => peer.Download).Concat(WebSeeds.Sources));

    /// <inheritdoc/>
    public void Wanted()
    {
        Exchange.WantsChanged();
        WebSeeds.Wake();
    }

    /// <inheritdoc/>
    public void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin) => _set.Add(peers, origin);

    /// <inheritdoc/>
    public void Accept(IConnection connection, Handshake handshake) => _set.Attach(connection, handshake, isIncoming: true);

    /// <inheritdoc/>
    public void Open()
    {
        Pieces.Open(true);
        Exchange.Open();
        WebSeeds.Open();
    }

    /// <inheritdoc/>
    public void Wake() => Exchange.BeginFlow();

    /// <inheritdoc/>
    public void Tick(TimeSpan elapsed)
    {
        if (Pieces.Tick())
            Exchange.WakeStarved();
        Exchange.Tick(elapsed);
        _layers?.Tick();
        Pieces.Leaves?.Tick();
        WebSeeds.Tick();
    }

    /// <inheritdoc/>
    public void DropConnections() => WebSeeds.DropConnections();

    /// <inheritdoc/>
    public void Halt(string reason)
    {
        Pieces.Open(false);
        WebSeeds.Halt();
        _set.Close(reason);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(string reason)
    {
        _set.Close(reason);
        await WebSeeds.CloseAsync().ConfigureAwait(false);
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
        Pieces.Open(false);
        // Blocks that a peer handed over concurrently are discarded; no piece is reported after this.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Learn(TorrentMetainfo metainfo)
    {
        _layers?.End();
        _layers = null;
        Pieces.Learn(metainfo);
        UseLayers(metainfo);
        Exchange.HashesReceived();
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
    void ISwarmEvents.PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders)
    {
        Exchange.PieceFailed(piece.Length, senders);
        // With several senders, the guilty one is found when the piece succeeds.
        if (senders.Count == 1)
            WebSeeds.Ban(senders);
    }

    /// <inheritdoc/>
    void ISwarmEvents.BlocksDropped(long bytes, bool areOfThisRun) => Exchange.BlocksDropped(bytes, areOfThisRun);

    /// <inheritdoc/>
    void ISwarmEvents.PoisonersFound(IReadOnlyList<IBlockSource> guilty)
    {
        Exchange.Ban(guilty);
        WebSeeds.Ban(guilty);
    }

    /// <inheritdoc/>
    void ISwarmEvents.StorageFailed(TorrentError error) => _events.StorageFailed(error);

    /// <inheritdoc/>
    void ISwarmEvents.Faulted(Exception fault) => _events.Faulted(fault);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _layers?.End();
        WebSeeds.Halt();
        Exchange.Dispose();
        _metadata.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Serves file tree hashes to peers, and requests block hashes from them.</summary>
    private void UseLayers(TorrentMetainfo metainfo)
    {
        var server = new HashServer(metainfo, _storage, _engine.DiskWorkers, Pieces.Selection.Has, _engine.Faults);
        var leaves = new LeafFetcher(server, PieceVerifier.For(metainfo), () => Exchange.Connected, _engine.Time, _set.Ban);
        Pieces.Leaves = leaves;
        _set.Hashes = leaves;
    }
}
