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
/// One connected peer after the handshake: who it is, what goes to it, whether it is alive, and what each side says of itself.
/// What is said of pieces is its <see cref="Transfer"/>'s; before the torrent's pieces are known, it is kept.
/// </summary>
internal sealed class PeerConnection
{
    private static readonly SearchValues<byte> ClientCodeCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz~"u8);

    /// <summary>Longest message where nothing needs more, bytes.</summary>
    private const int LeastMaxMessageLength = 128 * 1024;

    /// <summary>How long is waited at a time for a peer that makes us work for nothing.</summary>
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
    private readonly PeerRest _rest = new();
    private int _receiveThreshold = 1;
    private int _closed;
    private int _metadataWaiting;
    private long _metadataSent;
    private long _lastReceived;

    /// <summary>Takes a connection over whose handshakes are done.</summary>
    /// <param name="owner">Whose peer it is.</param>
    /// <param name="connection">The stream; disposed with the peer.</param>
    /// <param name="handshake">What the peer said.</param>
    /// <param name="isIncoming">Whether the peer dialled us.</param>
    /// <param name="extensions">The extensions that we speak.</param>
    /// <param name="limits">What limits its rates.</param>
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

    /// <summary>The peer's address as it is connected.</summary>
    public IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Who it says it is.</summary>
    public PeerId PeerId => _handshake.PeerId;

    /// <summary>Its program: what it says, or what its id says in the Azureus style (BEP 20), two letters and a version; may be empty.</summary>
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

    /// <summary>The protocol by which the peer is connected.</summary>
    public PeerTransport Transport => _connection.Transport;

    /// <summary>Whether it is on the internet, and not in our own network.</summary>
    public bool IsOfInternet { get; }

    /// <summary>How long what is sent to it by uTP waits in queues; null where nothing is on its way, or that is not known.</summary>
    public TimeSpan? SendDelay => _connection.SendDelay;

    /// <summary>How long what comes from it by uTP has waited in queues; zero where that is not known.</summary>
    public TimeSpan ReceiveDelay => _connection.ReceiveDelay;

    /// <summary>Bytes that the network carries besides those of the stream.</summary>
    /// <param name="bytes">Bytes of the stream.</param>
    public int Overhead(int bytes) => _connection.Overhead(bytes);

    /// <summary>What limits its rates.</summary>
    public PeerLimits Limits { get; }

    /// <summary>Its class, as the classes are now.</summary>
    public PeerClassLimits Class => Limits.Class;

    /// <summary>What goes to it.</summary>
    public PeerSender Sender { get; }

    /// <summary>The extensions that it and we speak (BEP 10), and what it said of itself.</summary>
    public PeerExtensions Extensions { get; }

    /// <summary>The exchange of pieces; null while they are not known, or what the peer said before is being said again.</summary>
    public PeerTransfer? Transfer => _early is null ? _transfer : null;

    /// <summary>Whether both sides speak the fast extension (BEP 6).</summary>
    public bool IsFast => _handshake.SupportsFast;

    /// <summary>Whether both sides speak the extension protocol (BEP 10).</summary>
    public bool IsExtended => _handshake.SupportsExtensions;

    /// <summary>Whether both sides go on by version 2 of the protocol, so that hashes of trees may be asked for (BEP 52).</summary>
    public bool IsV2 => _handshake.IsV2;

    /// <summary>Whether it could go on by version 2, whether or not we do.</summary>
    public bool OffersV2 => _handshake.SupportsV2;

    /// <summary>Whether it takes part in the DHT (BEP 5).</summary>
    public bool HasDhtNode => _handshake.SupportsDht;

    /// <summary>Whether the connection has ended.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Whether anything of use has come from it or gone to it: payload, or the torrent's metadata.</summary>
    public bool WasUseful => HasGivenMetadata || Payload > 0;

    /// <summary>Bytes of payload in both directions.</summary>
    public long Payload => _transfer?.Payload ?? 0;

    /// <summary>Of what use it was lately; written in the torrent's beat alone.</summary>
    public PeerUse Use { get; }

    /// <summary>The work it has made us do for nothing.</summary>
    public FutileWork FutileWork { get; }

    /// <summary>Whether it has a part in the torrent's metadata, which has turned out to be genuine.</summary>
    public bool HasGivenMetadata { get; set; }

    /// <summary>Pieces of metadata that have come from it, genuine or not.</summary>
    public int MetadataPieces { get; set; }

    /// <summary>Bytes of metadata that it has taken from us, one copy at most: asking again and again makes no peer useful.</summary>
    public long MetadataSent => Volatile.Read(ref _metadataSent);

    /// <summary>Whether it waits for metadata that it has asked us for.</summary>
    public bool IsWaitingForMetadata => Volatile.Read(ref _metadataWaiting) > 0;

    /// <summary>Time since it was connected.</summary>
    public TimeSpan Age => _time.GetElapsedTime(_connected);

    /// <summary>When something last came from it; timestamp of the clock.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>Longest message taken from it, bytes.</summary>
    public int MaxMessageLength { get; private set; } = Math.Max(LeastMaxMessageLength, EarlyMessages.MaxMessageLength);

    /// <summary>
    /// Begins to speak of pieces: what it has said of them meanwhile is said again, by the calling thread; then it is asked for blocks. Called
    /// once; without a lock held, but for a peer of which nothing has been received yet.
    /// </summary>
    /// <param name="transfer">What speaks of them from now on.</param>
    /// <param name="pieceCount">Number of pieces in the torrent.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Begin(PeerTransfer transfer, int pieceCount)
    {
        MaxMessageLength = Math.Max(LeastMaxMessageLength, 1 + Bitfield.ByteLength(pieceCount));
        // Before what was kept is said: what is not kept any more goes to it at once.
        _transfer = transfer;
        if (_early!.Replay(transfer) is { } fault)
            return fault;
        _early = null;
        SetRequestLimit();
        transfer.Download.Open();
        return null;
    }

    /// <summary>It has asked for a piece of metadata, which is to be sent.</summary>
    public void BeginMetadata() => Interlocked.Increment(ref _metadataWaiting);

    /// <summary>What it asked for has been sent, or will not be.</summary>
    /// <param name="useful">Bytes that were sent and count as use.</param>
    public void EndMetadata(int useful)
    {
        Interlocked.Add(ref _metadataSent, useful);
        Interlocked.Decrement(ref _metadataWaiting);
    }

    /// <summary>Takes the peer's word for how many requests it queues, as far as both that and the transfer are known.</summary>
    public void SetRequestLimit()
    {
        if (Extensions.Hello?.RequestQueue is int queue)
            _transfer?.Download.Requests.SetPeerLimit(queue);
    }

    /// <summary>Looks for silence; called about once a second. A fault in it ends this peer alone.</summary>
    /// <param name="rate">Bytes/s of payload from this peer.</param>
    /// <param name="wantsPieces">Whether we want pieces that it may get.</param>
    public void Tick(long rate, bool wantsPieces = true)
    {
        try
        {
            Look(rate, wantsPieces);
        }
#pragma warning disable CA1031 // The root of what is done for one peer: it must not end the torrent's beat.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Close(e, "beat of a peer");
        }
    }

    /// <summary>Sends what waits, as <see cref="PeerSender.Flush"/> does; never throws.</summary>
    public void Flush()
    {
        try
        {
            Sender.Flush();
        }
#pragma warning disable CA1031 // Called from a timer, which must let nothing through.
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

        // It has sent less than was expected: what has come is not kept waiting for the rest.
        if (silence > ReceivePace.Patience && !_rest.IsResting)
            SetReceiveThreshold(1);
        PeerTransfer? transfer = _transfer;
        transfer?.Download.Tick(rate, isPaused);
        _rest.Look(transfer?.Payload ?? 0, isUrgent: wantsPieces || transfer is not { Upload.AmChoking: true });
        if (!_rest.IsTrimDue)
            return;
        Sender.Trim();
        transfer?.Download.Requests.Trim();
    }

    /// <summary>Whether no payload has moved either way for some seconds.</summary>
    public bool IsIdle => _rest.IsIdle;

    /// <summary>Waits until it is worthwhile to look what has come: at once, unless nothing goes on between the peer and us.</summary>
    public Task RestAsync()
    {
        if (!MayRest)
            return Task.CompletedTask;
        if (Transport != PeerTransport.Utp)
            return _rest.WaitAsync();
        // Without a pending receive, uTP keeps each packet in memory; a receive gathers the bytes in its own buffer.
        _rest.Gather();
        return Task.CompletedTask;
    }

    /// <summary>Something begins between the peer and us: what comes is looked at as it comes.</summary>
    public void Stir()
    {
        _rest.Stir();
        if (Interlocked.CompareExchange(ref _receiveThreshold, 1, PeerRest.ReceiveThreshold) == PeerRest.ReceiveThreshold)
            _connection.SetReceiveThreshold(1);
    }

    /// <summary>Takes one message. Called from the receive loop.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
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

    /// <summary>Waits until the peer may make us do more work for nothing.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public async Task<string?> WaitForAllowanceAsync(CancellationToken cancellationToken)
    {
        while (!IsClosed && FutileWork.Settle(Instant.Now(_time)) is { } wait)
        {
            if (wait == TimeSpan.Zero)
                return null;
            // Short steps: what else ends the connection meanwhile is seen soon.
            await Task.Delay(wait < LongestStep ? wait + TimeSpan.FromMilliseconds(1) : LongestStep, _time, cancellationToken).ConfigureAwait(false);
        }

        return FutileWork.Fault;
    }

    /// <summary>Everything that one receive brought has been handled.</summary>
    /// <param name="received">How many bytes it brought.</param>
    public void EndBatch(int received)
    {
        _transfer?.Download.EndBatch();
        Sender.Flush();
        _pace.Add(received);
        SetReceiveThreshold(MayRest
            ? PeerRest.ReceiveThreshold
            : _pace.Threshold(_transfer?.Download.Requests.Count * (long)BlockRequest.BlockLength ?? 0));
        // It may wait for that before it asks for more, and nothing is on its way that would tell it.
        if (_transfer?.Upload is { AmChoking: false, IsInterested: true } && !Sender.IsSending)
            _connection.Acknowledge();
    }

    /// <summary>The peer says at which address it sees us.</summary>
    public void NoteOurAddress(IPAddress address) => _owner.PeerSeesUs(this, address);

    /// <summary>Sends the blocks taken to be hashed. They are counted and may complete a piece, even where the peer then errs.</summary>
    public void HandOverBlocks() => _transfer?.Download.HandOverBlocks();

    /// <summary>Notes that bytes have come in.</summary>
    public void Received() => Volatile.Write(ref _lastReceived, _time.GetTimestamp());

    /// <summary>Notes that nothing is received for a while because of us: the peer is not to blame for the silence.</summary>
    public void Pause() => _isPaused = true;

    /// <summary>Notes that receiving goes on.</summary>
    public void Unpause()
    {
        Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        _transfer?.Download.Unpause();
        _isPaused = false;
    }

    /// <summary>Ends the connection. Thread-safe; only the first call counts.</summary>
    /// <param name="reason">Why, for people.</param>
    /// <param name="by">Who ends it.</param>
    public void Close(string reason, ClosedBy by = ClosedBy.Us)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        try
        {
            Sender.Dispose();
            _connection.Dispose();
            _rest.EndForEver();
            _transfer?.Download.End();
            Extensions.End();
        }
        finally
        {
            _owner.PeerClosed(this, reason, by);
        }
    }

    /// <summary>
    /// Ends the connection because of an exception: one that tells how connections end, or else a fault of ours, which is recorded. Never
    /// throws.
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
#pragma warning disable CA1031 // The root of a loop. What could not be closed has at least been told to its owner.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _owner.PeerFaulted(this, root, e);
        }
    }

    /// <summary>Receives into a buffer.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _connection.ReceiveAsync(buffer);

    // A peer that wastes our work is not idle: our rests would count as its own, and delay the end of the connection.
    private bool MayRest => _rest.IsIdle && _transfer is { Download.AmInterested: false } && !FutileWork.IsSuspect(_time);

    private void SetReceiveThreshold(int bytes)
    {
        if (Interlocked.Exchange(ref _receiveThreshold, bytes) != bytes)
            _connection.SetReceiveThreshold(bytes);
    }

    /// <returns>False where what was kept has just been said again: this comes behind it.</returns>
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
