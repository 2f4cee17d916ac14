using System.Collections.Concurrent;
using System.Net;
using MonoTorrent;
using MonoTorrent.Trackers;
using ReusableTasks;
using InfoHash = TorrentPatron.Protocol.InfoHash;
using MonoInfoHash = MonoTorrent.InfoHash;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>
/// Passes known peer addresses to a MonoTorrent torrent. It poses as the torrent's only tracker, because a private torrent takes
/// peers from no other source. Thread-safe.
/// </summary>
/// <param name="torrent">The torrent.</param>
internal sealed class PeerFeed(InfoHash torrent) : ITracker
{
    /// <summary>The URI scheme of feeds.</summary>
    public const string Scheme = "torrentpatron";

    /// <summary>The most peers waiting.</summary>
    private const int Capacity = 2_000;

    private readonly ConcurrentQueue<PeerInfo> _waiting = new();

    /// <inheritdoc/>
    public Uri Uri { get; } = new($"{Scheme}://{torrent}");

    /// <inheritdoc/>
    public bool CanScrape => false;

    /// <inheritdoc/>
    public TimeSpan MinUpdateInterval => TimeSpan.Zero;

    /// <summary>Zero if peers are waiting.</summary>
    public TimeSpan UpdateInterval => _waiting.IsEmpty ? TimeSpan.MaxValue : TimeSpan.Zero;

    /// <inheritdoc/>
    public TimeSpan TimeSinceLastAnnounce => TimeSpan.Zero;

    /// <inheritdoc/>
    public TrackerState Status => TrackerState.Ok;

    /// <inheritdoc/>
    public string WarningMessage => "";

    /// <inheritdoc/>
    public string FailureMessage => "";

    /// <summary>Queues peers.</summary>
    public void Add(IEnumerable<IPEndPoint> peers)
    {
        foreach (IPEndPoint peer in peers)
        {
            if (_waiting.Count >= Capacity)
                return;
            IPEndPoint endPoint = peer.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(peer.Address.MapToIPv4(), peer.Port) : peer;
            string scheme = endPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4";
            // The address contains the torrent, so that the connector knows which one it is for.
            _waiting.Enqueue(new PeerInfo(new Uri($"{scheme}://{endPoint}/{torrent}")));
        }
    }

    /// <summary>The torrent in the address of a feed, or of one of its peers; null means none.</summary>
    public static InfoHash? TorrentOf(Uri uri) =>
        InfoHash.TryParse(uri.Scheme == Scheme ? uri.Host : uri.AbsolutePath.TrimStart('/'), out InfoHash found) ? found : null;

    /// <inheritdoc/>
    public ReusableTask<AnnounceResponse> AnnounceAsync(AnnounceRequest requestParameters, CancellationToken token)
    {
        var peers = new List<PeerInfo>();
        while (requestParameters.ClientEvent != TorrentEvent.Stopped && _waiting.TryDequeue(out PeerInfo? peer))
            peers.Add(peer);
        MonoInfoHash hash = requestParameters.InfoHashes.V1OrV2;
        return ReusableTask.FromResult(new AnnounceResponse(
            TrackerState.Ok, new Dictionary<MonoInfoHash, IList<PeerInfo>> { [hash] = peers }));
    }

    /// <inheritdoc/>
    public ReusableTask<ScrapeResponse> ScrapeAsync(ScrapeRequest requestParameters, CancellationToken token) =>
        throw new NotSupportedException("A feed has nothing to scrape.");
}
