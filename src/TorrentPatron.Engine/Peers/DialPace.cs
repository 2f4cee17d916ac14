using System.Net;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Bounds what one host is dialled: whoever names a thousand ports of an address must not make us knock at each. Some in a minute, and
/// where nobody answers as a peer, none for a while. Bounded; not thread-safe.
/// </summary>
internal sealed class DialPace
{
    /// <summary>Ports of one host that are dialled within <see cref="Window"/>.</summary>
    public const int MostInWindow = 10;

    /// <summary>The same for this machine, where many peers at once are nothing strange: that is where such things are tried out.</summary>
    public const int MostOfThisMachine = 40;

    /// <summary>Dials in a row that found no peer, after which a host is left alone for <see cref="Rest"/>.</summary>
    public const int MostFailures = 20;

    /// <summary>Time over which dials are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Time for which a host is left alone.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    /// <summary>Hosts that are remembered before those of which there is nothing to remember are looked for.</summary>
    private const int Capacity = 2_000;

    /// <summary>The hosts that were dialled; null until one is.</summary>
    private Dictionary<AddressBlock, DialledHost>? _hosts;

    /// <summary>When an address may be dialled: now, or not before.</summary>
    /// <param name="address">The address.</param>
    /// <param name="now">The time.</param>
    public Instant Next(IPAddress address, Instant now)
    {
        if (Find(address) is not { } host)
            return now;
        Instant next = host.RestsUntil > now ? host.RestsUntil : now;
        if (host.Dials.Count < MostOf(address))
            return next;
        Instant free = host.Dials.Peek() + Window;
        return free > next ? free : next;
    }

    /// <summary>An address is dialled.</summary>
    public void Dialled(IPAddress address, Instant now)
    {
        _hosts ??= [];
        if (_hosts.Count >= Capacity)
            Forget(_hosts, now);
        ref DialledHost? host = ref CollectionsMarshal.GetValueRefOrAddDefault(_hosts, AddressBlock.Of(address), out _);
        host ??= new DialledHost();
        if (host.Dials.Count >= MostOf(address))
            host.Dials.Dequeue();
        host.Dials.Enqueue(now);
    }

    /// <summary>Nobody was found at an address, or nobody who takes part in the torrent.</summary>
    public void Failed(IPAddress address, Instant now)
    {
        if (Find(address) is { } host && ++host.Failures >= MostFailures)
            (host.Failures, host.RestsUntil) = (0, now + Rest);
    }

    /// <summary>A peer was found at an address.</summary>
    public void Reached(IPAddress address)
    {
        if (Find(address) is { } host)
            (host.Failures, host.RestsUntil) = (0, default);
    }

    /// <summary>What failed is forgiven: it was our own network that was out.</summary>
    public void Forgive()
    {
        if (_hosts is null)
            return;
        foreach (DialledHost host in _hosts.Values)
            (host.Failures, host.RestsUntil) = (0, default);
    }

    private static int MostOf(IPAddress address) => LocalMachine.Is(address) ? MostOfThisMachine : MostInWindow;

    private DialledHost? Find(IPAddress address) => _hosts?.GetValueOrDefault(AddressBlock.Of(address));

    private static void Forget(Dictionary<AddressBlock, DialledHost> hosts, Instant now)
    {
        foreach ((AddressBlock block, DialledHost host) in hosts)
        {
            if (host.RestsUntil <= now && (host.Dials.Count == 0 || host.Dials.Last() + Window <= now))
                hosts.Remove(block);
        }
    }

    private sealed class DialledHost
    {
        /// <summary>When its last dials were, the oldest first.</summary>
        public Queue<Instant> Dials { get; } = new(1);

        public int Failures { get; set; }

        public Instant RestsUntil { get; set; }
    }
}
