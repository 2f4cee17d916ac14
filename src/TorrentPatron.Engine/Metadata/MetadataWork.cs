using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>The work of a torrent started from a link: connects to its peers and fetches the metadata (BEP 9).</summary>
internal sealed class MetadataWork : IWork, IPeerSetOwner
{
    private static readonly Bitfield NoPieces = new(0);

    private readonly MagnetLink _magnet;
    private readonly EngineResources _engine;
    private readonly PeerSet _set;
    private readonly IWorkEvents _events;
    private volatile MetadataFetcher _fetcher;

    /// <summary>Fetches the piece layers, once the info dictionary of a v2 torrent has arrived.</summary>
    private volatile LayerFetcher? _layers;

    /// <summary>Creates the work, which contacts nobody before it is opened.</summary>
    /// <param name="magnet">The link.</param>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="peers">The torrent's connections, which the work that follows this one takes over.</param>
    /// <param name="events">Receives the metadata.</param>
    public MetadataWork(MagnetLink magnet, EngineResources engine, PeerSet peers, IWorkEvents events)
    {
        _magnet = magnet;
        _engine = engine;
        _set = peers;
        _events = events;
        _fetcher = NewFetcher();
        Received = new RateMeter(engine.Milliseconds);
        Sent = new RateMeter(engine.Milliseconds);
    }

    /// <inheritdoc/>
    public PieceProgress Progress => default;

    /// <inheritdoc/>
    public bool IsComplete => false;

    /// <summary>More than 0, since the size is unknown.</summary>
    public long MissingBytes => BlockRequest.BlockLength;

    /// <inheritdoc/>
    public int FailedPieces => 0;

    /// <inheritdoc/>
    public RateMeter Received { get; }

    /// <inheritdoc/>
    public RateMeter Sent { get; }

    /// <inheritdoc/>
    public long Wasted => 0;

    /// <inheritdoc/>
    public (int Peers, int Seeds) Connected => (_set.Connected.Count, 0);

    /// <inheritdoc/>
    public bool IsResting => false;

    /// <inheritdoc/>
    public MetadataProgress? Metadata
    {
        get
        {
            MetadataProgress progress = _fetcher.Progress(_set.Connected.Count, _set.Directory.Count);
            return _layers?.Progress is { } layers
                ? progress with { Missing = $"The piece hashes have been requested: {layers.Received} of {layers.Total} ranges have arrived." }
                : progress;
        }
    }

    /// <inheritdoc/>
    public bool Has(int piece) => false;

    /// <inheritdoc/>
    public Bitfield Verified() => NoPieces.Clone();

    /// <inheritdoc/>
    public IReadOnlyList<UnfinishedPiece> Unfinished() => [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> Peers() => PeerSnapshots.Make(_set.Connected, _set.Directory);

    /// <inheritdoc/>
    public void Reset(Bitfield verified, IReadOnlyList<UnfinishedPiece>? unfinished = null)
    {
    }

    /// <inheritdoc/>
    public void Want(IReadOnlyList<FilePriority> priorities)
    {
    }

    /// <inheritdoc/>
    public void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin) => _set.Add(peers, origin);

    /// <inheritdoc/>
    public void Accept(IConnection connection, Handshake handshake) => _set.Attach(connection, handshake, isIncoming: true);

    /// <inheritdoc/>
    public void Open()
    {
        EndFetching();
        _fetcher = NewFetcher();
        _set.Extensions.Set(_fetcher);
        _set.GiveTo(this);
        _set.Open();
    }

    /// <inheritdoc/>
    public void Tick(TimeSpan elapsed)
    {
        foreach (PeerConnection peer in _set.Connected)
            peer.Tick(rate: 0);
        _fetcher.Tick();
        _layers?.Tick();
        _set.TurnOver();
        _set.DialMore();
    }

    /// <inheritdoc/>
    public void Halt(string reason)
    {
        _set.Close(reason);
        EndFetching();
    }

    /// <inheritdoc/>
    public Task CloseAsync(string reason)
    {
        _set.Close(reason);
        EndFetching();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void FetchPieceLayers(TorrentMetainfo metainfo)
    {
        var layers = new LayerFetcher(
            metainfo, () => _set.Connected, _engine.MetadataMemory, _engine.Time, _set.Ban, received => _events.PieceLayersFetched(metainfo, received));
        _fetcher.End();
        _layers = layers;
        _set.Hashes = layers;
        layers.Tick();
    }

    /// <inheritdoc/>
    public void PeerJoined(PeerConnection peer)
    {
        if (peer.IsFast)
            peer.Sender.Add(MessageId.HaveNone);
        peer.Extensions.AddHello(_set.HelloTo(peer));
    }

    /// <inheritdoc/>
    public void PeerLeft(PeerConnection peer) => _layers?.PeerLeft(peer);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        EndFetching();
        return ValueTask.CompletedTask;
    }

    private void EndFetching()
    {
        _fetcher.End();
        _layers?.End();
        // The work that follows this one may already have set its own.
        if (_set.Hashes == _layers)
            _set.Hashes = null;
        _layers = null;
    }

    private MetadataFetcher NewFetcher() => new(_magnet, _engine, _set.Ban, _events.MetadataFetched);
}
