using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>Dials a torrent's known addresses, as many at once as the torrent's and the engine's limits allow.</summary>
/// <param name="engine">The engine's shared resources.</param>
/// <param name="torrent">The torrent.</param>
/// <param name="directory">The known addresses.</param>
/// <param name="peers">The torrent's connections, to which new ones are added.</param>
internal sealed class PeerDialer(
    EngineResources engine, TorrentId torrent, PeerDirectory directory, PeerSet peers)
{
    /// <summary>The most dials of one torrent in progress.</summary>
    private const int MostHalfOpen = 30;

    private readonly PeerHandshaker _handshaker = new(engine);
    private int _dialling;

    /// <summary>The torrent's id with all of its known hashes: a peer may know just one of them.</summary>
    public required TorrentId Known { private get; set; }

    /// <summary>Dials as many addresses as there is room for.</summary>
    /// <param name="session">Ends the dialling, including dials in progress.</param>
    public void DialMore(CancellationToken session)
    {
        // An upper bound in addition to the limits: each iteration takes an address, which is then in use.
        for (int i = 0; i < MostHalfOpen && TakeNext(session) is { } address; i++)
            engine.Faults.Watch(DialAsync(address, session), torrent, "dialling");
    }

    /// <summary>Called with each address that could not be reached.</summary>
    public Action<IPEndPoint>? Failed { get; set; }

    /// <summary>Dials one known address now, with uTP only, unless it is in use: its peer does the same (BEP 55).</summary>
    /// <param name="address">The address.</param>
    /// <param name="session">Cancels it.</param>
    public void Punch(IPEndPoint address, CancellationToken session)
    {
        lock (this)
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

    /// <summary>Whether a dial is in progress.</summary>
    public bool IsDialling
    {
        get
        {
            lock (this)
                return _dialling > 0;
        }
    }

    /// <summary>Whether there is room for one more dial, which is then counted in the engine's total.</summary>
    private bool MayDial(CancellationToken session) =>
        !session.IsCancellationRequested && engine.NetworkDown is null && _dialling < MostHalfOpen
        && peers.Connected.Count + _dialling < engine.Settings.MaxPeersPerTorrent && engine.Peers < engine.MostPeers && engine.TryBeginDial();

    private IPEndPoint? TakeNext(CancellationToken session)
    {
        lock (this)
        {
            if (!MayDial(session))
                return null;

            IPEndPoint? address = directory.TakeNext(Instant.Now(engine.Time), peers.Effort);
            if (address is null)
                engine.EndDial();
            else
                _dialling++;
            return address;
        }
    }

    private async Task DialAsync(IPEndPoint address, CancellationToken session, PeerTransport? transport = null)
    {
        // Not on the caller's stack: an address that fails at once leads to the next, and there may be a thousand.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        IConnection? connection = null;
        bool isDone = false;
        try
        {
            (connection, Handshake handshake) = await ReachAsync(address, transport is { } only ? [only] : TransportsTo(address), session)
                .ConfigureAwait(false);
            isDone = true;
            EndDial();
            peers.Attach(connection, handshake, isIncoming: false);
        }
#pragma warning disable CA1031 // The root of a dial: any exception ends this connection only.
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
                directory.Ended(address, wasUseful: false, Instant.Now(engine.Time), peers.Effort);
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

    /// <summary>
    /// Connects and shakes hands with one protocol after the other, and remembers which of them works. A peer may accept
    /// connections over one protocol and refuse each handshake; then it is dialled once in the other form, encrypted or not,
    /// before the next protocol. It may also know a hybrid torrent only by its other hash; then that is tried once in the same
    /// form.
    /// </summary>
    private async Task<(IConnection Connection, Handshake Handshake)> ReachAsync(IPEndPoint address, PeerTransport[] transports, CancellationToken session)
    {
        EncryptionPolicy policy = engine.Settings.Encryption;
        bool isFree = policy == EncryptionPolicy.Prefer;
        bool isEncrypted = isFree ? directory.LikesEncryption(address) : policy == EncryptionPolicy.Require;
        bool? mayTryOther = isFree ? null : false;
        TorrentId known = Known;
        bool isSecond = known.SecondWireHash is not null && directory.LikesSecondHash(address);
        bool? mayTryOtherHash = known.SecondWireHash is null ? false : null;
        for (int i = 0; ; i++)
        {
            PeerTransport transport = transports[i];
            bool isLast = i == transports.Length - 1;
            TimeSpan timeout = transport == PeerTransport.Utp && (transports.Length > 1 || engine.Settings.Transport != TransportPolicy.Utp)
                ? PeerTimeouts.ConnectUtp
                : PeerTimeouts.Connect;
            try
            {
                return await ByEitherHashAsync(isEncrypted).ConfigureAwait(false);
            }
            catch (HandshakeRefusedException e) when (!e.HasAgreed && (!isLast || (mayTryOther ??= directory.MayTryOther(address))))
            {
                EngineEvents.Log.DialFailed(torrent, address, e);
                mayTryOther ??= directory.MayTryOther(address);
            }
            catch (UnreachableException e) when (!isLast && !session.IsCancellationRequested)
            {
                EngineEvents.Log.DialFailed(torrent, address, e);
                continue;
            }

            if (mayTryOther == false)
                continue;
            try
            {
                (IConnection, Handshake) reached = await ByEitherHashAsync(!isEncrypted).ConfigureAwait(false);
                directory.NoteEncryption(address, !isEncrypted);
                return reached;
            }
            catch (Exception e) when (e is HandshakeRefusedException or UnreachableException && !isLast && !session.IsCancellationRequested)
            {
                EngineEvents.Log.DialFailed(torrent, address, e);
            }

            async Task<(IConnection, Handshake)> ByEitherHashAsync(bool encrypt)
            {
                try
                {
                    return await ReachAsync(address, transport, timeout, known, isSecond, encrypt, isLater: i > 0, session).ConfigureAwait(false);
                }
                catch (HandshakeRefusedException e) when (!session.IsCancellationRequested && (mayTryOtherHash ??= directory.MayTryOtherHash(address)))
                {
                    EngineEvents.Log.DialFailed(torrent, address, e);
                }

                (IConnection, Handshake) reached =
                    await ReachAsync(address, transport, timeout, known, !isSecond, encrypt, isLater: i > 0, session).ConfigureAwait(false);
                directory.NoteHash(address, !isSecond);
                return reached;
            }
        }
    }

    private async Task<(IConnection Connection, Handshake Handshake)> ReachAsync(
        IPEndPoint address, PeerTransport transport, TimeSpan timeout, TorrentId known, bool isSecond, bool isEncrypted, bool isLater,
        CancellationToken session)
    {
        IConnection connection;
        try
        {
            connection = await OpenAsync(transport, address, timeout, session).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !session.IsCancellationRequested)
        {
            throw new UnreachableException(e);
        }

        try
        {
            (IConnection, Handshake) reached = await _handshaker.DialAsync(connection, known, isEncrypted, isSecond, session).ConfigureAwait(false);
            // A peer that was reached over TCP, because TCP was tried first, may also support uTP.
            if (transport == PeerTransport.Utp || isLater)
                directory.NoteUtp(address, transport == PeerTransport.Utp);
            return reached;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The protocols for dialling an address, in order. In the local network, where there is no shared queue, TCP comes first,
    /// unless it is known to fail.
    /// </summary>
    private PeerTransport[] TransportsTo(IPEndPoint address)
    {
        TransportPolicy policy = engine.Settings.Transport;
        if (policy == TransportPolicy.Utp)
            return [PeerTransport.Utp];
        bool? speaksUtp = directory.SpeaksUtp(address);
        if (policy == TransportPolicy.Tcp || speaksUtp == false || !engine.Utp.Has(address))
            return [PeerTransport.Tcp];
        return speaksUtp == true || AddressReaches.Of(address.Address) == AddressReach.Global
            ? [PeerTransport.Utp, PeerTransport.Tcp]
            : [PeerTransport.Tcp, PeerTransport.Utp];
    }

    private async Task<IConnection> OpenAsync(PeerTransport transport, IPEndPoint address, TimeSpan timeout, CancellationToken session)
    {
        using var clock = new CancellationTokenSource(timeout, engine.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(session, clock.Token);
        // Otherwise its datagrams would be lost silently.
        engine.Filter.Check(address.Address);
        return transport == PeerTransport.Utp
            ? await engine.Utp.ConnectAsync(address, either.Token).ConfigureAwait(false)
            : await engine.Network.ConnectAsync(address, NetworkUse.Peers, either.Token).ConfigureAwait(false);
    }

    private void EndDial()
    {
        engine.EndDial();
        lock (this)
            _dialling--;
    }

    /// <summary>Thrown when no connection could be made: the peer did not answer, or refused.</summary>
    private sealed class UnreachableException(Exception cause)
        : IOException(cause is OperationCanceledException ? "The peer did not answer." : cause.Message, cause);
}
