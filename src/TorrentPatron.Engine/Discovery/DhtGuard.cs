using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Limits queries from one address to five a second, averaged over ten seconds; an address that exceeds this is ignored for five
/// minutes. Its memory is bounded. Times come from one monotonic clock.
/// </summary>
internal sealed class DhtGuard
{
    /// <summary>The most queries accepted from an address within <see cref="Window"/>.</summary>
    public const int MostQueries = 50;

    /// <summary>The most addresses tracked at once.</summary>
    public const int Capacity = 2_000;

    /// <summary>The period over which queries are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>How long an address is ignored after too many queries.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromMinutes(5);

    private const int IPv6NetworkLength = 8;

    private readonly Dictionary<IPEndPoint, Entry> _askers = [];

    /// <summary>Counts a query.</summary>
    /// <param name="remote">The querying node.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether to answer it.</returns>
    public bool Allows(IPEndPoint remote, TimeSpan now)
    {
        IPEndPoint key = KeyOf(remote);
        if (!_askers.TryGetValue(key, out Entry? asker))
        {
            if (_askers.Count >= Capacity)
                Forget(now);
            _askers[key] = asker = new Entry(now);
        }

        if (asker.BlockedUntil > now)
            return false;
        if (now - asker.Since >= Window)
            (asker.Since, asker.Queries) = (now, 0);
        if (++asker.Queries <= MostQueries)
            return true;
        asker.BlockedUntil = now + Block;
        return false;
    }

    private void Forget(TimeSpan now)
    {
        foreach ((IPEndPoint key, Entry asker) in _askers)
        {
            if (asker.BlockedUntil <= now && now - asker.Since >= Window)
                _askers.Remove(key);
        }

        // So many addresses at once mean an attack; the budget limits its effect.
        if (_askers.Count >= Capacity)
            _askers.Clear();
    }

    // Several nodes on this machine share an address. On the internet, an IPv6 user controls a whole network of addresses.
    private static IPEndPoint KeyOf(IPEndPoint remote)
    {
        if (AddressReaches.Of(remote.Address) == AddressReach.Loopback)
            return remote;
        if (remote.AddressFamily == AddressFamily.InterNetwork)
            return new IPEndPoint(remote.Address, 0);
        byte[] address = remote.Address.GetAddressBytes();
        address.AsSpan(IPv6NetworkLength).Clear();
        return new IPEndPoint(new IPAddress(address), 0);
    }

    private sealed class Entry(TimeSpan now)
    {
        public TimeSpan Since { get; set; } = now;

        public int Queries { get; set; }

        public TimeSpan BlockedUntil { get; set; }
    }
}
