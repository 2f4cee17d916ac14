using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Metadata;

/// <summary>
/// Fetches the missing piece layers of a v2 or hybrid torrent (BEP 52), for example after its info dictionary came from peers.
/// Each requested range comes with a proof up to its file's root, so a wrong range and its sender are detected at once.
/// Thread-safe.
/// </summary>
internal sealed class LayerFetcher : HashExchange
{
    /// <summary>The most open requests to one peer.</summary>
    private const int MostAsked = 4;

    /// <summary>Rejected requests after which a peer is not asked again.</summary>
    private const int MostRejects = 50;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly Func<IReadOnlyList<PeerConnection>> _peers;
    private readonly TimeProvider _time;
    private readonly Action<PeerConnection, string> _ban;
    private readonly Action<IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>>> _received;
    private readonly Lock _gate = new();
    private readonly TorrentMetainfo _metainfo;
    private readonly MetadataMemory _memory;
    private readonly int _size;
    private Dictionary<InfoHashV2, byte[]>? _layers;
    private readonly Queue<HashRequest> _open = new();
    private readonly Dictionary<PeerConnection, Source> _sources = [];
    private readonly int _total;
    private int _left;
    private bool _isOver;
    private bool _isReturned;

    /// <summary>Creates a fetcher, which sends no request before <see cref="Tick"/>.</summary>
    /// <param name="metainfo">
    /// A torrent without its layers, whose total (<see cref="SizeOf"/>) is within the limit of an info dictionary.
    /// </param>
    /// <param name="peers">The connected peers.</param>
    /// <param name="memory">Provides the memory for the layers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ban">Bans a peer that sent wrong hashes.</param>
    /// <param name="received">Takes the layers, by the roots of their files, once. Called on any thread, without a lock.</param>
    public LayerFetcher(
        TorrentMetainfo metainfo, Func<IReadOnlyList<PeerConnection>> peers, MetadataMemory memory, TimeProvider time, Action<PeerConnection, string> ban,
        Action<IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>>> received)
    {
        (_metainfo, _peers, _memory, _time, _ban, _received) = (metainfo, peers, memory, time, ban, received);
        _size = (int)SizeOf(metainfo);
        var roots = new HashSet<InfoHashV2>();
        int layer = MerkleTree.HeightOf(MerkleTree.CountBlocks(metainfo.PieceLength));
        foreach ((int index, TorrentFileEntry file) in metainfo.Files.Index())
        {
            var root = NeedsLayer(metainfo, file) ? new InfoHashV2(file.PiecesRoot.Span) : default;
            if (!NeedsLayer(metainfo, file) || !metainfo.PieceLayer(index).IsEmpty || !roots.Add(root))
                continue;
            int count = CountPieces(metainfo, file);
            int height = MerkleTree.HeightOf(MerkleTree.CountBlocks(file.Length)) - layer;
            int length = Math.Min(HashRequest.MaxLength, 1 << height);
            for (int first = 0; first < count; first += length)
                _open.Enqueue(new HashRequest(root, layer, first, length, height - 1));
        }

        _left = _total = _open.Count;
    }

    /// <summary>Bytes of all layers.</summary>
    /// <param name="metainfo">The torrent.</param>
    public static long SizeOf(TorrentMetainfo metainfo) => metainfo.Files
        .Where(file => NeedsLayer(metainfo, file)).Sum(file => (long)CountPieces(metainfo, file) * MerkleTree.HashLength);

    /// <summary>The number of ranges received, and of all ranges.</summary>
    public (int Received, int Total) Progress
    {
        get
        {
            lock (_gate)
                return (_total - _left, _total);
        }
    }

    /// <inheritdoc/>
    public override string? Handle(PeerConnection peer, in PeerMessage message)
    {
        if (message.Id == MessageId.HashRequest)
            return Decline(peer, message);
        HashRequest request = HashRequest.Read(message.Body);
        if (message.Id == MessageId.HashReject)
        {
            peer.FutileWork.Charge(FutileWork.Answer);
            lock (_gate)
            {
                if (_sources.TryGetValue(peer, out Source? source) && source.Asked.Remove(request))
                {
                    source.Rejects++;
                    source.RestUntil = After(Rest);
                    _open.Enqueue(request);
                }
            }

            Ask();
            return null;
        }

        if (!Take(peer, request, message.Body[HashRequest.BodyLength..], out bool isLie, out bool isComplete))
        {
            peer.FutileWork.Charge(FutileWork.Of(message.Body.Length));
            return null;
        }

        if (isLie)
            _ban(peer, "Its hashes do not match the torrent.");
        if (isComplete)
            _received(_layers!.ToDictionary(layer => layer.Key, layer => (ReadOnlyMemory<byte>)layer.Value));
        else
            Ask();
        return null;
    }

    /// <inheritdoc/>
    public override void PeerReady(PeerConnection peer) => Ask();

    /// <inheritdoc/>
    public override bool Awaits(PeerConnection peer)
    {
        lock (_gate)
            return _sources.TryGetValue(peer, out Source? source) && source.Asked.Count > 0;
    }

    /// <inheritdoc/>
    public override void PeerLeft(PeerConnection peer)
    {
        lock (_gate)
        {
            if (_sources.Remove(peer, out Source? source))
                Release(source);
        }
    }

    /// <summary>Expires unanswered requests and sends new ones; called about once a second.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            foreach ((PeerConnection peer, Source source) in _sources.ToArray())
            {
                if (peer.IsClosed)
                {
                    Release(source);
                    _sources.Remove(peer);
                    continue;
                }

                foreach (HashRequest request in source.Asked.Where(asked => _time.GetElapsedTime(asked.Value) > RequestTimeout).Select(asked => asked.Key).ToArray())
                {
                    source.Asked.Remove(request);
                    _open.Enqueue(request);
                    source.RestUntil = After(Rest);
                }
            }
        }

        Ask();
    }

    /// <summary>Stops requesting and releases the memory.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            if (_layers is null)
                _memory.Withdraw(this, MetadataMemory.IsSmall(_size));
            else if (!_isReturned)
                _memory.Return(_size);
            _isReturned = _layers is not null;
        }
    }

    private static bool NeedsLayer(TorrentMetainfo metainfo, TorrentFileEntry file) => !file.IsPadding && file.Length > metainfo.PieceLength;

    private static int CountPieces(TorrentMetainfo metainfo, TorrentFileEntry file) => (int)((file.Length + metainfo.PieceLength - 1) / metainfo.PieceLength);

    /// <summary>Takes memory for the layers if there is room, and adds the known ones. Called with the lock held.</summary>
    private bool HasMemory()
    {
        if (_layers is not null)
            return true;
        if (!_memory.TryTake(this, _size))
            return false;
        _layers = [];
        foreach ((int index, TorrentFileEntry file) in _metainfo.Files.Index())
        {
            if (NeedsLayer(_metainfo, file))
                _layers.TryAdd(new InfoHashV2(file.PiecesRoot.Span), LayerOf(index, file));
        }

        return true;
    }

    private byte[] LayerOf(int index, TorrentFileEntry file) => _metainfo.PieceLayer(index) is { IsEmpty: false } known
        ? known.ToArray()
        : new byte[CountPieces(_metainfo, file) * MerkleTree.HashLength];

    private bool Take(PeerConnection peer, HashRequest request, ReadOnlySpan<byte> hashes, out bool isLie, out bool isComplete)
    {
        isLie = isComplete = false;
        lock (_gate)
        {
            if (_isOver || !_sources.TryGetValue(peer, out Source? source) || !source.Asked.Remove(request))
                return false;
            Span<byte> root = stackalloc byte[MerkleTree.HashLength];
            request.PiecesRoot.CopyTo(root);
            if (!request.IsProven(hashes, root))
            {
                isLie = true;
                _open.Enqueue(request);
                return true;
            }

            byte[] layer = _layers![request.PiecesRoot];
            int at = request.Index * MerkleTree.HashLength;
            hashes[..Math.Min(request.Length * MerkleTree.HashLength, layer.Length - at)].CopyTo(layer.AsSpan(at));
            isComplete = --_left == 0;
            _isOver |= isComplete;
            return true;
        }
    }

    private void Ask()
    {
        var requests = new List<(PeerConnection Peer, HashRequest Request)>();
        IReadOnlyList<PeerConnection> peers = _peers();
        lock (_gate)
        {
            if (_isOver || !peers.Any(static peer => peer is { IsV2: true, IsClosed: false }) || !HasMemory())
                return;
            foreach (PeerConnection peer in peers)
            {
                if (!peer.IsV2 || peer.IsClosed)
                    continue;
                if (!_sources.TryGetValue(peer, out Source? source))
                    _sources.Add(peer, source = new Source());
                while (_open.Count > 0 && source.Asked.Count < MostAsked && source.Rejects < MostRejects && source.RestUntil <= _time.GetTimestamp())
                {
                    HashRequest request = _open.Dequeue();
                    source.Asked[request] = _time.GetTimestamp();
                    requests.Add((peer, request));
                }
            }
        }

        // Outside the lock: a connection may turn out to be broken, and then its peer leaves.
        byte[] body = new byte[HashRequest.BodyLength];
        foreach ((PeerConnection peer, HashRequest request) in requests)
        {
            request.Write(body);
            peer.Sender.Add(MessageId.HashRequest, body);
        }

        foreach (PeerConnection peer in requests.Select(request => request.Peer).Distinct())
            peer.Sender.Flush();
    }

    private void Release(Source source)
    {
        foreach (HashRequest request in source.Asked.Keys)
            _open.Enqueue(request);
        source.Asked.Clear();
    }

    private long After(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);

    /// <summary>The open requests to a peer, and how it has answered.</summary>
    private sealed class Source
    {
        public Dictionary<HashRequest, long> Asked { get; } = [];

        public int Rejects { get; set; }

        public long RestUntil { get; set; }
    }
}
