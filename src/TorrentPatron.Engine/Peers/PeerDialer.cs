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
/// <param name="peers">The peers that the torrent is connected to, to which those that are dialled are added.</param>
internal sealed class PeerDialer(
    EngineResources engine, TorrentId torrent, PeerDirectory directory, PeerSet peers)
{
    /// <summary>Connections of one torrent being made at once.</summary>
    private const int MostHalfOpen = 30;

    private readonly PeerHandshaker _handshaker = new(engine);
    private int _dialling;

    /// <summary>The torrent, with all hashes that are known of it: peers are met by one or the other.</summary>
    public required TorrentId Known { private get; set; }

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

    /// <summary>Whether a connection is being made.</summary>
    public bool IsDialling
    {
        get
        {
            lock (this)
                return _dialling > 0;
        }
    }

    /// <summary>Whether there is room for one more, which is then taken among the engine's.</summary>
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
        // Off the caller's stack: an address that fails at once leads to the next, and there may be a thousand.
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
    /// Connects and shakes hands by one protocol after the other, and remembers which of them the peer speaks. A peer may also take connections by
    /// one and refuse them all; then it is dialled once in the other form, encrypted or not, before the next protocol has its turn. And it may know a
    /// hybrid by its other hash alone: by that it is asked in the same form, once.
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
            // A peer that takes TCP where it is tried first may speak uTP too.
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
    /// The protocols by which an address is dialled, the first one first. Near by, where there is no queue to be kind to, TCP comes first, unless it
    /// was seen to be of no use.
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
        // Else its datagrams would be lost without a word.
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

    /// <summary>No connection was made: the peer does not answer, or refuses.</summary>
    private sealed class UnreachableException(Exception cause)
        : IOException(cause is OperationCanceledException ? "The peer did not answer." : cause.Message, cause);
}
