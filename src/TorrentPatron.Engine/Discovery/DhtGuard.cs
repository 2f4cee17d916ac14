using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Bounds what one address may ask: five questions a second, over ten seconds; who asks more is not heard for five minutes.
/// Bounded itself. Times are those of one monotonic clock.
/// </summary>
internal sealed class DhtGuard
{
    /// <summary>Questions that an address may ask within <see cref="Window"/>.</summary>
    public const int MostQuestions = 50;

    /// <summary>Addresses watched at once.</summary>
    public const int Capacity = 2_000;

    /// <summary>Time over which questions are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Time for which an address that asks too much is not heard.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromMinutes(5);

    private const int IPv6NetworkLength = 8;

    private readonly Dictionary<IPEndPoint, Entry> _askers = [];

    /// <summary>Counts a question.</summary>
    /// <param name="remote">Who asks.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it is to be heard.</returns>
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
            (asker.Since, asker.Questions) = (now, 0);
        if (++asker.Questions <= MostQuestions)
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

        // So many at once are no accident; what bounds them then is the budget.
        if (_askers.Count >= Capacity)
            _askers.Clear();
    }

    // On this machine several nodes share an address. On the internet somebody with IPv6 has a whole network of them.
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

        public int Questions { get; set; }

        public TimeSpan BlockedUntil { get; set; }
    }
}
