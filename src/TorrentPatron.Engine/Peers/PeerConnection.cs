using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// One connected peer after the handshake: its identity, its sender, its liveness, and the extensions of both sides. Messages
/// about pieces go to its <see cref="Transfer"/>; until the torrent's pieces are known, they are stored.
/// </summary>
internal sealed class PeerConnection
{
    private static readonly SearchValues<byte> ClientCodeCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz~"u8);

    /// <summary>The default limit for the length of a message, bytes.</summary>
    private const int LeastMaxMessageLength = 128 * 1024;

    /// <summary>The longest single wait for a peer that has caused too much useless work.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(2);

    private readonly IPeerOwner _owner;
    private readonly IConnection _connection;
    private readonly Handshake _handshake;
    private readonly TimeProvider _time;
    private volatile EarlyMessages? _early = new();
    private volatile PeerTransfer? _transfer;
    private volatile bool _isPaused;
    private readonly long _connected;
    private readonly ReceivePace _pace;
    private readonly IdleReadDelay _readDelay = new();
    private int _receiveThreshold = 1;
    private int _closed;
    private int _metadataWaiting;
    private long _metadataSent;
    private long _lastReceived;

    /// <summary>Takes over a connection after its handshakes.</summary>
    /// <param name="owner">The peer's owner.</param>
    /// <param name="connection">The stream; disposed with the peer.</param>
    /// <param name="handshake">The peer's handshake.</param>
    /// <param name="isIncoming">Whether the peer dialled us.</param>
    /// <param name="extensions">Our extensions.</param>
    /// <param name="limits">The peer's rate limits.</param>
    /// <param name="time">The clock.</param>
    public PeerConnection(
        IPeerOwner owner, IConnection connection, Handshake handshake, bool isIncoming, ExtensionTable extensions, PeerLimits limits,
        TimeProvider time)
    {
        _owner = owner;
        _connection = connection;
        _handshake = handshake;
        _time = time;
        IsIncoming = isIncoming;
        Limits = limits;
        IsOfInternet = AddressReaches.Of(connection.RemoteEndPoint.Address) == AddressReach.Global;
        _connected = _lastReceived = time.GetTimestamp();
        Use = new PeerUse(Instant.Now(time));
        _pace = new ReceivePace(time);
        FutileWork = new FutileWork(Instant.Now(time));
        Sender = new PeerSender(connection, limits, time, cause => Close(cause, "sending to a peer"));
        Extensions = new PeerExtensions(this, extensions);
    }

    /// <summary>The peer's address.</summary>
    public IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Its peer id.</summary>
    public PeerId PeerId => _handshake.PeerId;

    /// <summary>
    /// Its program's name: its own, or from its peer id in the Azureus style (BEP 20), two letters and a version; may be empty.
    /// </summary>
    public string Client
    {
        get
        {
            if (Extensions.Hello is { Client.Length: > 0 } hello)
                return DisplayText.Clean(hello.Client);
            ReadOnlySpan<byte> id = PeerId.ToArray();
            ReadOnlySpan<byte> code = id[1..7];
            return id[0] == '-' && id[7] == '-' && !code.ContainsAnyExcept(ClientCodeCharacters) ? Encoding.ASCII.GetString(code) : "";
        }
    }

    /// <summary>Whether it dialled us.</summary>
    public bool IsIncoming { get; }

    /// <summary>How the connection is encrypted.</summary>
    public EncryptionMethods Encryption => _connection.Encryption;

    /// <summary>The connection's transport protocol.</summary>
    public PeerTransport Transport => _connection.Transport;

    /// <summary>Whether it is on the internet rather than in our own network.</summary>
    public bool IsOfInternet { get; }

    /// <summary>The queuing delay of uTP packets sent to it; null if nothing is in flight, or it is unknown.</summary>
    public TimeSpan? SendDelay => _connection.SendDelay;

    /// <summary>The queuing delay of uTP packets received from it; zero if unknown.</summary>
    public TimeSpan ReceiveDelay => _connection.ReceiveDelay;

    /// <summary>Bytes of protocol overhead that the network carries in addition to the stream.</summary>
    /// <param name="bytes">Bytes of the stream.</param>
    public int Overhead(int bytes) => _connection.Overhead(bytes);

    /// <summary>Its rate limits.</summary>
    public PeerLimits Limits { get; }

    /// <summary>Its current class.</summary>
    public PeerClassLimits Class => Limits.Class;

    /// <summary>Sends messages and blocks to it.</summary>
    public PeerSender Sender { get; }

    /// <summary>The extensions that both sides support (BEP 10), and its extension handshake.</summary>
    public PeerExtensions Extensions { get; }

    /// <summary>The exchange of pieces; null until they are known and its early messages have been replayed.</summary>
    public PeerTransfer? Transfer => _early is null ? _transfer : null;

    /// <summary>Whether both sides support the fast extension (BEP 6).</summary>
    public bool IsFast => _handshake.SupportsFast;

    /// <summary>Whether both sides support the extension protocol (BEP 10).</summary>
    public bool IsExtended => _handshake.SupportsExtensions;

    /// <summary>Whether the connection uses version 2 of the protocol, so that tree hashes may be requested (BEP 52).</summary>
    public bool IsV2 => _handshake.IsV2;

    /// <summary>Whether it supports version 2, whether or not we do.</summary>
    public bool OffersV2 => _handshake.SupportsV2;

    /// <summary>Whether it takes part in the DHT (BEP 5).</summary>
    public bool HasDhtNode => _handshake.SupportsDht;

    /// <summary>Whether the connection has ended.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Whether it has sent or received anything useful: payload, or the torrent's metadata.</summary>
    public bool WasUseful => HasGivenMetadata || Payload > 0;

    /// <summary>Bytes of payload in both directions.</summary>
    public long Payload => _transfer?.Payload ?? 0;

    /// <summary>How useful it was recently; written only in the torrent's beat.</summary>
    public PeerUse Use { get; }

    /// <summary>The useless work it has caused.</summary>
    public FutileWork FutileWork { get; }

    /// <summary>Whether it has sent part of the torrent's metadata, which has been verified.</summary>
    public bool HasGivenMetadata { get; set; }

    /// <summary>Metadata pieces received from it, verified or not.</summary>
    public int MetadataPieces { get; set; }

    /// <summary>Bytes of metadata sent to it, at most one copy: repeated requests do not make a peer useful.</summary>
    public long MetadataSent => Volatile.Read(ref _metadataSent);

    /// <summary>Whether it is waiting for metadata that it has requested.</summary>
    public bool IsWaitingForMetadata => Volatile.Read(ref _metadataWaiting) > 0;

    /// <summary>Time since it was connected.</summary>
    public TimeSpan Age => _time.GetElapsedTime(_connected);

    /// <summary>When something was last received from it; timestamp of the clock.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>The longest message accepted from it, bytes.</summary>
    public int MaxMessageLength { get; private set; } = Math.Max(LeastMaxMessageLength, EarlyMessages.MaxMessageLength);

    /// <summary>
    /// Begins the exchange of pieces: replays its earlier messages about pieces on the calling thread, then requests blocks.
    /// Called once; without a lock held, except for a peer from which nothing has been received yet.
    /// </summary>
    /// <param name="transfer">Handles messages about pieces from now on.</param>
    /// <param name="pieceCount">Number of pieces in the torrent.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? Begin(PeerTransfer transfer, int pieceCount)
    {
        MaxMessageLength = Math.Max(LeastMaxMessageLength, 1 + Bitfield.ByteLength(pieceCount));
        // Before the stored messages are replayed: messages that are no longer stored go to it at once.
        _transfer = transfer;
        if (_early!.Replay(transfer) is { } fault)
            return fault;
        _early = null;
        SetRequestLimit();
        transfer.Download.Open();
        return null;
    }

    /// <summary>Records that it has requested a metadata piece that will be sent.</summary>
    public void BeginMetadata() => Interlocked.Increment(ref _metadataWaiting);

    /// <summary>Records that a requested metadata piece has been sent, or will not be.</summary>
    /// <param name="useful">Bytes sent that count as useful.</param>
    public void EndMetadata(int useful)
    {
        Interlocked.Add(ref _metadataSent, useful);
        Interlocked.Decrement(ref _metadataWaiting);
    }

    /// <summary>Applies the peer's own request limit, once both that and the transfer are known.</summary>
    public void SetRequestLimit()
    {
        if (Extensions.Hello?.RequestQueue is int queue)
            _transfer?.Download.Requests.SetPeerLimit(queue);
    }

    /// <summary>Checks for timeouts; called about once a second. A fault in it ends only this peer.</summary>
    /// <param name="rate">Bytes/s of payload from this peer.</param>
    /// <param name="wantsPieces">Whether we want pieces that it may have.</param>
    public void Tick(long rate, bool wantsPieces = true)
    {
        try
        {
            Look(rate, wantsPieces);
        }
#pragma warning disable CA1031 // The root of one peer's work: an exception must not end the torrent's beat.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Close(e, "beat of a peer");
        }
    }

    /// <summary>Sends what is pending, like <see cref="PeerSender.Flush"/>; never throws.</summary>
    public void Flush()
    {
        try
        {
            Sender.Flush();
        }
#pragma warning disable CA1031 // Called from a timer, where an exception ends the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Close(e, "sending to a peer");
        }
    }

    private void Look(long rate, bool wantsPieces)
    {
        bool isPaused = _isPaused;
        long now = _time.GetTimestamp();
        TimeSpan silence = _time.GetElapsedTime(Volatile.Read(ref _lastReceived), now);
        if (silence > PeerTimeouts.Silence && !isPaused)
        {
            Close("It has been silent for too long.");
            return;
        }

        if (_time.GetElapsedTime(Sender.LastSent, now) > PeerTimeouts.KeepAlive)
        {
            Sender.AddKeepAlive();
            Sender.Flush();
        }

        // It has sent less than expected; process what has arrived instead of waiting for the rest.
        if (silence > ReceivePace.Patience && !_readDelay.IsResting)
            SetReceiveThreshold(1);
        PeerTransfer? transfer = _transfer;
        transfer?.Download.Tick(rate, isPaused);
        _readDelay.Look(transfer?.Payload ?? 0, isUrgent: wantsPieces || transfer is not { Upload.AmChoking: true });
        if (!_readDelay.IsTrimDue)
            return;
        Sender.Trim();
        transfer?.Download.Requests.Trim();
    }

    /// <summary>Whether no payload has moved in either direction for some seconds.</summary>
    public bool IsIdle => _readDelay.IsIdle;

    /// <summary>Waits until it is worthwhile to read: no wait, unless the connection is idle.</summary>
    public Task RestAsync()
    {
        if (!MayRest)
            return Task.CompletedTask;
        if (Transport != PeerTransport.Utp)
            return _readDelay.WaitAsync();
        // Without a pending receive, uTP keeps each packet in memory; a receive gathers the bytes in its own buffer.
        _readDelay.Gather();
        return Task.CompletedTask;
    }

    /// <summary>Called when activity resumes: received data is handled immediately again.</summary>
    public void Stir()
    {
        _readDelay.Stir();
        if (Interlocked.CompareExchange(ref _receiveThreshold, 1, IdleReadDelay.ReceiveThreshold) == IdleReadDelay.ReceiveThreshold)
            _connection.SetReceiveThreshold(1);
    }

    /// <summary>Handles one message. Called from the receive loop.</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? Handle(in PeerMessage message, Slab slab, int blockOffset)
    {
        if (message.IsKeepAlive)
        {
            FutileWork.Charge(FutileWork.Message);
            return null;
        }

        if (message.Id == MessageId.Extended)
        {
            Stir();
            return Extensions.Handle(message.Body[0], message.Body[1..]);
        }

        if (message.Id is MessageId.HashRequest or MessageId.Hashes or MessageId.HashReject)
        {
            Stir();
            return _owner.PeerSpeaksOfHashes(this, message);
        }

        if (message.Id == MessageId.Port)
        {
            FutileWork.Charge(FutileWork.Change);
            _owner.PeerHasDhtNode(this, BinaryPrimitives.ReadUInt16BigEndian(message.Body));
            return null;
        }

        if (_early is { } early && TryKeep(early, message, out string? fault))
            return fault;
        PeerTransfer transfer = _transfer!;
        return message.Id == MessageId.Piece ? transfer.Download.HandleBlock(message, slab, blockOffset) : transfer.Handle(message);
    }

    /// <summary>Waits until the peer's allowance for useless work has refilled.</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public async Task<string?> WaitForAllowanceAsync(CancellationToken cancellationToken)
    {
        while (!IsClosed && FutileWork.Settle(Instant.Now(_time)) is { } wait)
        {
            if (wait == TimeSpan.Zero)
                return null;
            // In short steps, so that the end of the connection is noticed soon.
            await Task.Delay(wait < LongestStep ? wait + TimeSpan.FromMilliseconds(1) : LongestStep, _time, cancellationToken).ConfigureAwait(false);
        }

        return FutileWork.Fault;
    }

    /// <summary>Called when the messages of one receive have been handled.</summary>
    /// <param name="received">The number of bytes received.</param>
    public void EndBatch(int received)
    {
        _transfer?.Download.EndBatch();
        Sender.Flush();
        _pace.Add(received);
        SetReceiveThreshold(MayRest
            ? IdleReadDelay.ReceiveThreshold
            : _pace.Threshold(_transfer?.Download.Requests.Count * (long)BlockRequest.BlockLength ?? 0));
        // It may be waiting for our answer before it requests more, and nothing is in flight that would carry an acknowledgement.
        if (_transfer?.Upload is { AmChoking: false, IsInterested: true } && !Sender.IsSending)
            _connection.Acknowledge();
    }

    /// <summary>Handles the peer's report of our address.</summary>
    public void NoteOurAddress(IPAddress address) => _owner.PeerSeesUs(this, address);

    /// <summary>
    /// Sends the received blocks to be hashed. They count and may complete a piece, even if the peer then violates the protocol.
    /// </summary>
    public void HandOverBlocks() => _transfer?.Download.HandOverBlocks();

    /// <summary>Records that bytes have been received.</summary>
    public void Received() => Volatile.Write(ref _lastReceived, _time.GetTimestamp());

    /// <summary>Records that we have paused receiving, so that the silence is not the peer's fault.</summary>
    public void Pause() => _isPaused = true;

    /// <summary>Records that receiving has resumed.</summary>
    public void Unpause()
    {
        Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        _transfer?.Download.Unpause();
        _isPaused = false;
    }

    /// <summary>Closes the connection. Thread-safe; only the first call counts.</summary>
    /// <param name="reason">The reason, as a sentence.</param>
    /// <param name="by">Who ends it.</param>
    public void Close(string reason, ClosedBy by = ClosedBy.Us)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        try
        {
            Sender.Dispose();
            _connection.Dispose();
            _readDelay.EndForEver();
            _transfer?.Download.End();
            Extensions.End();
        }
        finally
        {
            _owner.PeerClosed(this, reason, by);
        }
    }

    /// <summary>
    /// Closes the connection because of an exception: either a network error, or else a fault of our own, which is recorded.
    /// Never throws.
    /// </summary>
    /// <param name="cause">The exception.</param>
    /// <param name="root">The loop that caught it.</param>
    public void Close(Exception cause, string root)
    {
        try
        {
            switch (cause)
            {
                case OperationCanceledException or ObjectDisposedException or StorageException or TimeoutException:
                    Close(cause.Message);
                    break;
                case IOException:
                    Close(cause.Message, ClosedBy.Network);
                    break;
                default:
                    _owner.PeerFaulted(this, root, cause);
                    Close(FaultHandler.ToError(cause).Message);
                    break;
            }
        }
#pragma warning disable CA1031 // The root of a loop. The owner has been notified in any case.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _owner.PeerFaulted(this, root, e);
        }
    }

    /// <summary>Receives into a buffer.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _connection.ReceiveAsync(buffer);

    // A peer that wastes our work is not idle: our pauses would count as quiet periods of its own, and delay closing the
    // connection.
    private bool MayRest => _readDelay.IsIdle && _transfer is { Download.AmInterested: false } && !FutileWork.IsSuspect(_time);

    private void SetReceiveThreshold(int bytes)
    {
        if (Interlocked.Exchange(ref _receiveThreshold, bytes) != bytes)
            _connection.SetReceiveThreshold(bytes);
    }

    /// <returns>False if the stored messages have just been replayed: this one comes after them.</returns>
    private bool TryKeep(EarlyMessages early, in PeerMessage message, out string? fault)
    {
        bool isKnown = _transfer is not null;
        if (!early.TryKeep(message, withRequests: isKnown, out fault))
            return false;
        if (!EarlyMessages.IsOfUse(message.Id, withRequests: isKnown))
            FutileWork.Charge(FutileWork.Answer);
        if (message.Id == MessageId.Request && IsFast && !isKnown)
            Sender.Add(MessageId.RejectRequest, message.Range);
        return true;
    }
}
