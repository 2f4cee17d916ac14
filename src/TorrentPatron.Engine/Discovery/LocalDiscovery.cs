using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Local peer discovery (BEP 14): multicasts our torrents every five minutes, and receives the announces of others. Sends at most
/// once a minute. Thread-safe.
/// </summary>
internal sealed class LocalDiscovery : IAsyncDisposable
{
    /// <summary>Time between two announces of a torrent (BEP 14).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>The least time between two announces (BEP 14).</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Delay after a torrent is added, so that torrents started together share an announce.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);

    /// <summary>Announces from others that are processed per second; in a large network some may be ignored.</summary>
    private const int MostHeard = 100;

    private const int LongestDatagram = 1_500;
    private const int MostFailures = 100;

    private readonly Lock _gate = new();
    private readonly DueTorrents<LocalTorrent> _torrents = new();
    private volatile IReadOnlyList<(IDatagramSocket Socket, IPEndPoint Group)> _groups;
    private readonly Func<AddressFamily, ushort> _port;
    private readonly TimeProvider _time;
    private readonly string _cookie;
    private readonly Action<Exception> _onFault;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _receiving = [];
    private TimeSpan? _lastCall;
    private TimeSpan _heardSince;
    private int _heard;

    /// <summary>Starts receiving announces.</summary>
    /// <param name="groups">The groups and the sockets that joined them, which this object disposes.</param>
    /// <param name="port">The TCP port that we listen on over an IP version; 0 means none, so nothing is announced there.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Generates the cookie that identifies our own announces.</param>
    /// <param name="onFault">Called for each unexpected exception, on any thread; must not throw. Discovery goes on.</param>
    public LocalDiscovery(
        IReadOnlyList<(IDatagramSocket Socket, IPEndPoint Group)> groups, Func<AddressFamily, ushort> port, TimeProvider time, Random random,
        Action<Exception> onFault)
    {
        _onFault = onFault;
        _groups = groups;
        _port = port;
        _time = time;
        _cookie = string.Create(CultureInfo.InvariantCulture, $"TP-{random.NextInt64():x16}");
        _timer = time.CreateTimer(_ => CallOnTime(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _receiving.AddRange(groups.Select(group => ReceiveAsync(group.Socket, _stop.Token)));
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    private bool IsListening => _groups.Any(group => _port(group.Group.AddressFamily) > 0);

    /// <summary>Joins the groups of BEP 14.</summary>
    /// <param name="network">The network whose interfaces join them.</param>
    /// <param name="port">The TCP port that we listen on over an IP version; 0 means none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Source of randomness.</param>
    /// <param name="onFault">Called for each unexpected exception, on any thread; must not throw.</param>
    /// <returns>The discovery, even if no group can be joined now.</returns>
    public static LocalDiscovery Open(
        INetwork network, Func<AddressFamily, ushort> port, TimeProvider time, Random random, Action<Exception> onFault) =>
        new(Join(network), port, time, random, onFault);

    /// <summary>Leaves the groups, and joins those on the network's current interfaces.</summary>
    public void Reopen(INetwork network)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            Close();
            _groups = Join(network);
            _receiving.RemoveAll(ended => ended.IsCompleted);
            _receiving.AddRange(_groups.Select(group => ReceiveAsync(group.Socket, _stop.Token)));
            _lastCall = null;
            foreach (LocalTorrent torrent in _torrents.InOrder.ToArray())
                _torrents.Wait(torrent, Now + Gathering);
            SetTimer();
        }
    }

    private static List<(IDatagramSocket Socket, IPEndPoint Group)> Join(INetwork network)
    {
        var groups = new List<(IDatagramSocket, IPEndPoint)>();
        foreach (IPAddress local in network.GroupAddresses)
        {
            IPEndPoint group = local.AddressFamily == AddressFamily.InterNetwork ? LocalAnnounce.IPv4Group : LocalAnnounce.IPv6Group;
            try
            {
                groups.Add((network.JoinGroup(group, local), group));
            }
            catch (IOException)
            {
                // The group cannot be joined on this interface.
            }
        }

        return groups;
    }

    /// <summary>Announces a torrent, and takes peers that announce it.</summary>
    /// <param name="torrent">The torrent; never a private one.</param>
    /// <param name="onPeers">Takes the peers. Called on any thread without a lock; must not throw.</param>
    /// <returns>Disposing it ends the announces.</returns>
    public LocalTorrent Find(InfoHash torrent, Action<IReadOnlyList<IPEndPoint>> onPeers)
    {
        var wanted = new LocalTorrent(this, torrent, onPeers);
        lock (_gate)
        {
            _torrents.Add(wanted, Now + Gathering);
            SetTimer();
        }

        return wanted;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        lock (_gate)
            Close();
        await Task.WhenAll(_receiving).ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Close()
    {
        foreach ((IDatagramSocket socket, _) in _groups)
            socket.Dispose();
        _groups = [];
    }

    internal void Remove(LocalTorrent torrent)
    {
        lock (_gate)
            _torrents.Remove(torrent);
    }

    private void CallOnTime()
    {
        try
        {
            Call();
        }
#pragma warning disable CA1031 // The root of a loop: an exception from a timer ends the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _timer.Change(ShortestInterval, Timeout.InfiniteTimeSpan);
            _onFault(e);
        }
    }

    private void Call()
    {
        InfoHash[] due;
        lock (_gate)
        {
            TimeSpan now = Now;
            LocalTorrent[] torrents = !IsListening || !MayCall(now)
                ? []
                : [.. _torrents.InOrder.TakeWhile(torrent => torrent.Due <= now).Take(LocalAnnounce.MaxTorrents)];
            foreach (LocalTorrent torrent in torrents)
                _torrents.Wait(torrent, now + Interval);
            if (torrents.Length > 0)
                _lastCall = now;
            due = [.. torrents.Select(torrent => torrent.InfoHash)];
            SetTimer();
        }

        if (due.Length == 0)
            return;
        foreach ((IDatagramSocket socket, IPEndPoint group) in _groups)
        {
            if (_port(group.AddressFamily) is > 0 and ushort port)
                _ = SendAsync(socket, new LocalAnnounce { Port = port, InfoHashes = due, Cookie = _cookie }.ToBytes(group), group);
        }
    }

    private bool MayCall(TimeSpan now) => _lastCall is not { } last || now - last >= ShortestInterval;

    private void SetTimer()
    {
        if (_torrents.Next is not { } first || _stop.IsCancellationRequested)
            return;
        TimeSpan now = Now, next = first.Due;
        if (_lastCall is { } last && last + ShortestInterval > next)
            next = last + ShortestInterval;
        if (!IsListening)
            next = now + ShortestInterval;
        // One millisecond is added because timers drop fractions and would fire just too early.
        _timer.Change((next > now ? next - now : TimeSpan.Zero) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private async Task SendAsync(IDatagramSocket socket, byte[] datagram, IPEndPoint group)
    {
        try
        {
            await socket.SendAsync(datagram, group, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The network is unavailable; the next announce is soon.
        }
#pragma warning disable CA1031 // Nobody awaits this.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _onFault(e);
        }
    }

    private async Task ReceiveAsync(IDatagramSocket socket, CancellationToken stop)
    {
        var batch = new DatagramBatch(Fairness.MostInARow, LongestDatagram);
        int failures = 0;
        // Only once the groups are in use.
        await Task.Yield();
        while (!stop.IsCancellationRequested && IsOpen(socket) && failures < MostFailures)
        {
            try
            {
                await socket.ReceiveAsync(batch, stop).ConfigureAwait(false);
                failures = 0;
                for (int i = 0; i < batch.Count; i++)
                    Receive(batch[i].Span, batch.Remote(i));
                await Task.Yield();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException e) when (e.InnerException is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                // The bound interface is gone; the groups are joined again when it is back.
                return;
            }
#pragma warning disable CA1031 // The root of a loop: any exception affects one announce only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not IOException || (failures == MostFailures - 1 && IsOpen(socket)))
                    _onFault(e);
                failures++;
            }
        }
    }

    private void Receive(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        if (!MayHear() || !LocalAnnounce.TryRead(datagram, out LocalAnnounce? announce) || announce.Cookie == _cookie)
            return;
        var known = new List<LocalTorrent>();
        lock (_gate)
        {
            foreach (InfoHash infoHash in announce.InfoHashes.Distinct())
            {
                if (_torrents.TryFind(infoHash, out LocalTorrent? torrent))
                    known.Add(torrent);
            }
        }

        foreach (LocalTorrent torrent in known)
            torrent.OnPeers([new IPEndPoint(remote.Address, announce.Port)]);
    }

    private bool IsOpen(IDatagramSocket socket) => _groups.Any(group => group.Socket == socket);

    private bool MayHear()
    {
        lock (_gate)
        {
            TimeSpan now = Now;
            if (now - _heardSince >= TimeSpan.FromSeconds(1))
                (_heardSince, _heard) = (now, 0);
            return ++_heard <= MostHeard;
        }
    }
}
