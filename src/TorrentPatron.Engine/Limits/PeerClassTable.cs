using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Finds an engine's peer class for an address: the classes in the settings, in order, then the local network, which is exempt
/// from limits by default. Peers look up their class again when the classes change. Thread-safe.
/// </summary>
/// <remarks>
/// This machine itself does not count as local network: limits also apply between two engines on it.
/// </remarks>
internal sealed class PeerClassTable : IDisposable
{
    private static readonly AddressRanges LocalNetwork = AddressRanges.Parse(
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10");

    private readonly RateLimiter _download;
    private readonly RateLimiter _upload;
    private readonly TimeProvider _time;
    private readonly RateLimiter _unlimited;
    private readonly Lock _gate = new();

    /// <summary>The limiters of classes with their own limits, by name; guarded by the lock.</summary>
    private readonly Dictionary<(string Name, bool IsUpload), RateLimiter> _limiters = [];
    private volatile Classes _classes;

    /// <summary>Creates the table.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="download">The limit for receiving over all torrents.</param>
    /// <param name="upload">The limit for sending over all torrents.</param>
    /// <param name="time">The clock.</param>
    public PeerClassTable(ClientSettings settings, RateLimiter download, RateLimiter upload, TimeProvider time)
    {
        (_download, _upload, _time) = (download, upload, time);
        _unlimited = new RateLimiter(time, 0);
        _classes = Make(settings);
    }

    /// <summary>The class of an address.</summary>
    public PeerClassLimits Of(IPAddress address)
    {
        while (true)
        {
            PeerClassLimits found = _classes.Of(address);
            if (!found.IsOutdated)
                return found;
        }
    }

    /// <summary>
    /// Applies new settings, to connected peers too. Peers waiting in a limiter that may no longer be theirs are let through.
    /// </summary>
    public void Apply(ClientSettings settings)
    {
        lock (_gate)
        {
            Classes before = _classes;
            if (before.AreOf(settings))
                return;
            _classes = Make(settings);
            before.Outdate();
            HashSet<string> kept = new(settings.PeerClasses.Select(one => one.Name), StringComparer.Ordinal);
            foreach (((string Name, bool IsUpload) key, RateLimiter limiter) in _limiters)
            {
                if (kept.Contains(key.Name))
                {
                    limiter.LetThrough();
                    continue;
                }

                // Not disposed: a peer may be about to wait in it.
                limiter.Rate = 0;
                _limiters.Remove(key);
            }

            _download.LetThrough();
            _upload.LetThrough();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (RateLimiter limiter in _limiters.Values)
                limiter.Dispose();
            _unlimited.Dispose();
        }
    }

    private Classes Make(ClientSettings settings) => new(
        settings,
        [
            .. settings.PeerClasses.Select(one => (one.Addresses, new PeerClassLimits(
                one.Name, Limiter(one.Name, one.MaxDownloadRate, isUpload: false), Limiter(one.Name, one.MaxUploadRate, isUpload: true), one.IsPreferred))),
        ],
        settings.LimitLocalPeers
            ? new PeerClassLimits(PeerClass.Local, _download, _upload, isPreferred: true)
            : new PeerClassLimits(PeerClass.Local, _unlimited, _unlimited, isPreferred: true),
        new PeerClassLimits("", _download, _upload, isPreferred: false));

    /// <summary>Gets a class's limiter. A class keeps its limiter, so that its recent use still counts.</summary>
    private RateLimiter Limiter(string name, long? rate, bool isUpload)
    {
        if (rate is not { } own)
            return isUpload ? _upload : _download;
        if (own == 0)
            return _unlimited;
        if (_limiters.TryGetValue((name, isUpload), out RateLimiter? limiter))
            limiter.Rate = own;
        else
            _limiters[(name, isUpload)] = limiter = new RateLimiter(_time, own);
        return limiter;
    }

    private sealed class Classes(ClientSettings settings, (AddressRanges Addresses, PeerClassLimits Limits)[] given, PeerClassLimits local, PeerClassLimits none)
    {
        // Hosts behind a proxy are not in our network, whatever their address.
        private readonly bool _hasLocal = HasLocal(settings);

        public bool AreOf(ClientSettings other) =>
            other.PeerClasses.SequenceEqual(settings.PeerClasses) && other.LimitLocalPeers == settings.LimitLocalPeers && HasLocal(other) == _hasLocal;

        public PeerClassLimits Of(IPAddress address)
        {
            if (address is HostAddress)
                return none;
            foreach ((AddressRanges addresses, PeerClassLimits limits) in given)
            {
                if (addresses.Contains(address))
                    return limits;
            }

            return _hasLocal && LocalNetwork.Contains(address) ? local : none;
        }

        public void Outdate()
        {
            foreach ((_, PeerClassLimits limits) in given)
                limits.Outdate();
            local.Outdate();
            none.Outdate();
        }

        private static bool HasLocal(ClientSettings settings) => settings.Proxy?.IsFor(ProxyUses.Peers) != true;
    }
}
