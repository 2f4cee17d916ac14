using System.Net;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Limits dials to one host, so that someone who names a thousand ports of an address cannot make us try them all: a few per
/// minute, and none for a while if no port answers as a peer. Bounded; not thread-safe.
/// </summary>
internal sealed class DialPace
{
    /// <summary>The most ports of one host that are dialled within <see cref="Window"/>.</summary>
    public const int MostInWindow = 10;

    /// <summary>The same for this machine, where many peers at once are normal, for example in tests.</summary>
    public const int MostOfThisMachine = 40;

    /// <summary>Consecutive failed dials after which a host is left alone for <see cref="Rest"/>.</summary>
    public const int MostFailures = 20;

    /// <summary>The period over which dials are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>How long a host is left alone.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    /// <summary>The most hosts remembered before stale ones are removed.</summary>
    private const int Capacity = 2_000;

    /// <summary>The dialled hosts; null until there is one.</summary>
    private Dictionary<AddressBlock, DialledHost>? _hosts;

    /// <summary>When an address may be dialled: now or later.</summary>
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

    /// <summary>Records a dial.</summary>
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

    /// <summary>Records that no peer of the torrent answered at an address.</summary>
    public void Failed(IPAddress address, Instant now)
    {
        if (Find(address) is { } host && ++host.Failures >= MostFailures)
            (host.Failures, host.RestsUntil) = (0, now + Rest);
    }

    /// <summary>Records that a peer answered at an address.</summary>
    public void Reached(IPAddress address)
    {
        if (Find(address) is { } host)
            (host.Failures, host.RestsUntil) = (0, default);
    }

    /// <summary>Forgets all failures: our own network was down.</summary>
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
        /// <summary>The times of its latest dials, oldest first.</summary>
        public Queue<Instant> Dials { get; } = new(1);

        public int Failures { get; set; }

        public Instant RestsUntil { get; set; }
    }
}
