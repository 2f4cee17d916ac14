using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>
/// One side of the handshake of message stream encryption (MSE, also PE): takes what the other side sends, says what to send, and ends with
/// the two key streams. Bounded: no more is kept of the other side than the longest handshake has. Not thread-safe.
/// </summary>
public abstract class EncryptionHandshake
{
    /// <summary>The longest padding, bytes.</summary>
    public const int MostPadding = 512;

    /// <summary>The longest first part of the stream that comes with the handshake, bytes: a BitTorrent handshake and some messages.</summary>
    public const int MostInitialPayload = 8 * 1024;

    /// <summary>Length of the zeros by which the encrypted part is found.</summary>
    private protected const int ConstantLength = 8;

    /// <summary>The beginning of the key stream is known to be weak.</summary>
    private const int Dropped = 1024;

    private readonly Action<Span<byte>> _random;
    private readonly KeyExchange _keys;
    private readonly ArrayBufferWriter<byte> _received = new(MostPadding + 256);
    private readonly ArrayBufferWriter<byte> _toSend = new(MostPadding);
    private int _taken;

    private protected EncryptionHandshake(Action<Span<byte>> random)
    {
        _random = random;
        _keys = new KeyExchange(random);
    }

    /// <summary>How far it has come.</summary>
    public EncryptionState State { get; private set; }

    /// <summary>Whether the next bytes will cost an exponentiation: the other side's key is still to come.</summary>
    public bool AwaitsKey { get; private set; } = true;

    /// <summary>What follows, once it is done.</summary>
    public EncryptionMethods Method { get; private protected set; }

    /// <summary>Decrypts what is received from now on, once it is done; null where that is in plaintext.</summary>
    public Rc4? Incoming { get; private set; }

    /// <summary>Encrypts what is sent from now on, once it is done; null where that is in plaintext.</summary>
    public Rc4? Outgoing { get; private set; }

    /// <summary>The beginning of the stream, once it is done, as far as it has come with the handshake; decrypted.</summary>
    public ReadOnlyMemory<byte> Received { get; private set; }

    private protected Rc4? Decryption { get; private set; }

    private protected Rc4? Encryption { get; private set; }

    private protected byte[] Secret { get; private set; } = [];

    /// <summary>Bytes received that no step has taken.</summary>
    private protected ReadOnlySpan<byte> Rest => _received.WrittenSpan[_taken..];

    /// <summary>Takes what the other side has sent.</summary>
    /// <param name="bytes">The bytes, of any number.</param>
    /// <returns>How far it has come.</returns>
    public EncryptionState Receive(ReadOnlySpan<byte> bytes)
    {
        if (State != EncryptionState.Open)
            throw new InvalidOperationException("The handshake is over.");
        _received.Write(bytes);
        while (State == EncryptionState.Open && Step())
        {
            // One step after the other, as far as there are bytes.
        }

        return State;
    }

    /// <summary>Takes what is to be sent now; empty: nothing.</summary>
    public byte[] TakeToSend()
    {
        byte[] bytes = _toSend.WrittenSpan.ToArray();
        _toSend.ResetWrittenCount();
        return bytes;
    }

    /// <summary>Goes a step on.</summary>
    /// <returns>False where bytes are missing, or it is over.</returns>
    private protected abstract bool Step();

    /// <summary>Adds our public key and its padding to what is sent.</summary>
    private protected void SendKey()
    {
        Send(_keys.Public);
        SendPadding();
    }

    /// <summary>Adds bytes to what is sent, as they are.</summary>
    private protected void Send(ReadOnlySpan<byte> bytes) => _toSend.Write(bytes);

    /// <summary>Adds bytes to what is sent, encrypted.</summary>
    private protected void SendEncrypted(ReadOnlySpan<byte> bytes)
    {
        Span<byte> span = _toSend.GetSpan(bytes.Length)[..bytes.Length];
        bytes.CopyTo(span);
        Encryption!.Apply(span);
        _toSend.Advance(span.Length);
    }

    /// <summary>The other side's key has to come, with which both know the secret.</summary>
    private protected bool TryTakeKey()
    {
        if (!TryTake(KeyExchange.Length, out ReadOnlySpan<byte> key))
            return false;
        AwaitsKey = false;
        if (_keys.Share(key) is not { } secret)
            return Fail();
        Secret = secret;
        return true;
    }

    /// <summary>Makes the key streams, which depend on the secret and the torrent.</summary>
    private protected void Begin(InfoHash torrent, bool isInitiator)
    {
        Rc4 ofInitiator = Make("keyA"u8), ofResponder = Make("keyB"u8);
        (Encryption, Decryption) = isInitiator ? (ofInitiator, ofResponder) : (ofResponder, ofInitiator);

        Rc4 Make(ReadOnlySpan<byte> name)
        {
            Span<byte> id = stackalloc byte[InfoHash.Length];
            torrent.CopyTo(id);
            var cipher = new Rc4(Hash(name, Secret, id));
            cipher.Skip(Dropped);
            return cipher;
        }
    }

    /// <summary>Looks for a mark behind the other side's padding.</summary>
    /// <param name="mark">The mark.</param>
    /// <returns>Whether it was found; it and the padding are taken then.</returns>
    private protected bool TryFind(ReadOnlySpan<byte> mark)
    {
        ReadOnlySpan<byte> rest = Rest;
        int at = rest[..Math.Min(rest.Length, MostPadding + mark.Length)].IndexOf(mark);
        if (at >= 0)
        {
            _taken += at + mark.Length;
            return true;
        }

        return rest.Length >= MostPadding + mark.Length && Fail();
    }

    /// <summary>Takes bytes as they are.</summary>
    private protected bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (Rest.Length < count)
            return false;
        bytes = Rest[..count];
        _taken += count;
        return true;
    }

    /// <summary>Takes bytes and decrypts them.</summary>
    private protected byte[]? TryTakeEncrypted(int count)
    {
        if (!TryTake(count, out ReadOnlySpan<byte> encrypted))
            return null;
        byte[] bytes = encrypted.ToArray();
        Decryption!.Apply(bytes);
        return bytes;
    }

    /// <summary>Both sides agree. What has been received beyond the handshake belongs to the stream.</summary>
    /// <param name="initialPayload">What came of the stream within the handshake.</param>
    private protected bool Finish(ReadOnlySpan<byte> initialPayload)
    {
        byte[] stream = [.. initialPayload, .. Rest];
        if (Method == EncryptionMethods.Rc4)
        {
            Decryption!.Apply(stream.AsSpan(initialPayload.Length));
            (Incoming, Outgoing) = (Decryption, Encryption);
        }

        Received = stream;
        State = EncryptionState.Done;
        return false;
    }

    /// <summary>The other side is not to be talked to.</summary>
    private protected bool Fail()
    {
        State = EncryptionState.Failed;
        return false;
    }

    private protected static byte[] Hash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> one, ReadOnlySpan<byte> other = default) =>
        SHA1.HashData([.. name, .. one, .. other]);

    private protected static void Xor(Span<byte> bytes, ReadOnlySpan<byte> with)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] ^= with[i];
    }

    private protected byte[] MakePadding()
    {
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        _random(length);
        byte[] padding = new byte[BinaryPrimitives.ReadUInt16LittleEndian(length) % (MostPadding + 1)];
        _random(padding);
        return padding;
    }

    private void SendPadding() => Send(MakePadding());
}
