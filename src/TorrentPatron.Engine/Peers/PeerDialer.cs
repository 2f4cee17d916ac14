using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>Dials the addresses a torrent knows, as many at once as the torrent's and the engine's limits allow.</summary>
/// <param name="engine">What the engine shares.</param>
/// <param name="torrent">Which torrent.</param>
/// <param name="directory">The addresses.</param>
/// <param name="connected">How many peers the torrent is connected to.</param>
/// <param name="effort">How much it needs others.</param>
/// <param name="attach">Takes a connection that has shaken hands.</param>
internal sealed class PeerDialer(
    EngineResources engine, TorrentId torrent, PeerDirectory directory, Func<int> connected, Func<DialEffort> effort, Action<IConnection, Handshake> attach)
{
    /// <summary>Connections of one torrent being made at once.</summary>
    private const int MostHalfOpen = 30;

    private readonly PeerHandshaker _handshaker = new(engine);
    private readonly Lock _gate = new();
    private int _dialling;

    /// <summary>Dials as far as there is room.</summary>
    /// <param name="session">Ends the dialling, also what is under way.</param>
    public void DialMore(CancellationToken session)
    {
        // A bound besides the limits: each turn takes an address that is then in use.
        for (int i = 0; i < MostHalfOpen && TakeNext(session) is { } address; i++)
            engine.Faults.Watch(DialAsync(address, session), torrent, "dialling");
    }

    /// <summary>Takes addresses that were dialled in vain.</summary>
    public Action<IPEndPoint>? Failed { get; set; }

    /// <summary>Dials one known address now, by uTP alone, unless it is in use: its peer does the same (BEP 55).</summary>
    /// <param name="address">The address.</param>
    /// <param name="session">Ends it.</param>
    public void Punch(IPEndPoint address, CancellationToken session)
    {
        lock (_gate)
        {
            if (engine.Settings.Transport == TransportPolicy.Tcp || !engine.Utp.Has(address) || !MayDial(session))
                return;
            if (!directory.TryTake(address, Instant.Now(engine.Time)))
            {
                engine.EndDial();
                return;
            }

            _dialling++;
        }

        engine.Faults.Watch(DialAsync(address, session, PeerTransport.Utp), torrent, "dialling");
    }

    /// <summary>Whether a connection is being made.</summary>
    public bool IsDialling
    {
        get
        {
            lock (_gate)
                return _dialling > 0;
        }
    }

    /// <summary>Whether there is room for one more, which is then taken among the engine's.</summary>
    private bool MayDial(CancellationToken session) =>
        !session.IsCancellationRequested && engine.NetworkDown is null && _dialling < MostHalfOpen
        && connected() + _dialling < engine.Settings.MaxPeersPerTorrent && engine.Peers < engine.MostPeers && engine.TryBeginDial();

    private IPEndPoint? TakeNext(CancellationToken session)
    {
        lock (_gate)
        {
            if (!MayDial(session))
                return null;

            IPEndPoint? address = directory.TakeNext(Instant.Now(engine.Time), effort());
            if (address is null)
                engine.EndDial();
            else
                _dialling++;
            return address;
        }
    }

    private async Task DialAsync(IPEndPoint address, CancellationToken session, PeerTransport? transport = null)
    {
        // Off the caller's stack: an address that fails at once leads to the next, and there may be a thousand.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        IConnection? connection = null;
        bool isDone = false;
        try
        {
            (connection, Handshake handshake) = await (transport is null ? ReachAsync(address, session) : ReachAsync(address, transport, session))
                .ConfigureAwait(false);
            isDone = true;
            EndDial();
            attach(connection, handshake);
        }
#pragma warning disable CA1031 // The root of a dial: whatever it is ends this connection and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (e is not (IOException or OperationCanceledException or ObjectDisposedException))
                EngineEvents.Log.FaultCaught(torrent, "dialling", e);
            else if (!session.IsCancellationRequested)
                EngineEvents.Log.DialFailed(torrent, address, e);
            connection?.Dispose();
            if (session.IsCancellationRequested)
                directory.Released(address);
            else
                directory.Ended(address, wasUseful: false, Instant.Now(engine.Time), effort());
        }
        finally
        {
            if (!isDone)
                EndDial();
        }

        if (isDone)
            return;
        if (transport is null && !session.IsCancellationRequested)
            Failed?.Invoke(address);
        DialMore(session);
    }

    /// <summary>Connects and shakes hands. Some take TCP connections and refuse them all: they speak uTP alone.</summary>
    private async Task<(IConnection Connection, Handshake Handshake)> ReachAsync(IPEndPoint address, CancellationToken session)
    {
        try
        {
            return await ReachAsync(address, transport: null, session).ConfigureAwait(false);
        }
        catch (HandshakeRefusedException) when (engine.Settings.Transport == TransportPolicy.Any && directory.SpeaksUtp(address) is null && engine.Utp.Has(address))
        {
        }

        (IConnection, Handshake) reached = await ReachAsync(address, PeerTransport.Utp, session).ConfigureAwait(false);
        directory.NoteUtp(address, true);
        return reached;
    }

    /// <summary>Connects and shakes hands: as the address is known to like it and, where it refuses that without a word, once the other way.</summary>
    private async Task<(IConnection Connection, Handshake Handshake)> ReachAsync(IPEndPoint address, PeerTransport? transport, CancellationToken session)
    {
        EncryptionPolicy policy = engine.Settings.Encryption;
        bool isFree = policy == EncryptionPolicy.Prefer;
        bool isEncrypted = isFree ? directory.LikesEncryption(address) : policy == EncryptionPolicy.Require;
        try
        {
            return await ConnectAsync(address, transport, isEncrypted, session).ConfigureAwait(false);
        }
        catch (HandshakeRefusedException) when (isFree && directory.MayTryOther(address))
        {
            // Perhaps it wants it the other way.
        }

        (IConnection, Handshake) reached = await ConnectAsync(address, transport, !isEncrypted, session).ConfigureAwait(false);
        directory.NoteEncryption(address, !isEncrypted);
        return reached;
    }

    private async Task<(IConnection Connection, Handshake Handshake)> ConnectAsync(
        IPEndPoint address, PeerTransport? transport, bool isEncrypted, CancellationToken session)
    {
        IConnection connection = transport is { } only
            ? await OpenAsync(only, address, PeerTimeouts.ConnectUtp, session).ConfigureAwait(false)
            : await OpenAsync(address, session).ConfigureAwait(false);
        try
        {
            return await _handshaker.DialAsync(connection, torrent.WireHash, isEncrypted, session).ConfigureAwait(false);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Connects by uTP, TCP or both, one after the other, and remembers which of them was answered. Near by, where there is no queue to be kind
    /// to, TCP comes first.
    /// </summary>
    private async Task<IConnection> OpenAsync(IPEndPoint address, CancellationToken session)
    {
        TransportPolicy policy = engine.Settings.Transport;
        if (policy == TransportPolicy.Utp)
            return await OpenAsync(PeerTransport.Utp, address, PeerTimeouts.Connect, session).ConfigureAwait(false);
        bool? speaksUtp = directory.SpeaksUtp(address);
        if (policy == TransportPolicy.Tcp || speaksUtp == false || !engine.Utp.Has(address))
            return await OpenAsync(PeerTransport.Tcp, address, PeerTimeouts.Connect, session).ConfigureAwait(false);
        // Of one near by it is known only where TCP was of no use.
        PeerTransport first = speaksUtp == true || AddressReaches.Of(address.Address) == AddressReach.Global ? PeerTransport.Utp : PeerTransport.Tcp;
        PeerTransport second = first == PeerTransport.Utp ? PeerTransport.Tcp : PeerTransport.Utp;
        IConnection connection;
        try
        {
            connection = await OpenAsync(first, address, first == PeerTransport.Utp ? PeerTimeouts.ConnectUtp : PeerTimeouts.Connect, session).ConfigureAwait(false);
            if (first == PeerTransport.Utp)
                directory.NoteUtp(address, true);
            return connection;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !session.IsCancellationRequested)
        {
            // Perhaps it answers by the other; why it did not by this one is of use to know all the same.
            EngineEvents.Log.DialFailed(torrent, address, e);
        }

        connection = await OpenAsync(second, address, second == PeerTransport.Utp ? PeerTimeouts.ConnectUtp : PeerTimeouts.Connect, session).ConfigureAwait(false);
        directory.NoteUtp(address, second == PeerTransport.Utp);
        return connection;
    }

    private async Task<IConnection> OpenAsync(PeerTransport transport, IPEndPoint address, TimeSpan timeout, CancellationToken session)
    {
        using var clock = new CancellationTokenSource(timeout, engine.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(session, clock.Token);
        // Else its datagrams would be lost without a word.
        engine.Filter.Check(address.Address);
        return transport == PeerTransport.Utp
            ? await engine.Utp.ConnectAsync(address, either.Token).ConfigureAwait(false)
            : await engine.Network.ConnectAsync(address, NetworkUse.Peers, either.Token).ConfigureAwait(false);
    }

    private void EndDial()
    {
        engine.EndDial();
        lock (_gate)
            _dialling--;
    }
}
