using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>
/// One side of the handshake of message stream encryption (MSE, also PE): takes the received bytes, supplies the bytes to send,
/// and ends with the two key streams. Bounded: it stores no more than the longest handshake. Not thread-safe.
/// </summary>
public abstract class EncryptionHandshake
{
    /// <summary>The longest padding, bytes.</summary>
    public const int MostPadding = 512;

    /// <summary>The longest initial payload within the handshake, bytes: a BitTorrent handshake and some messages.</summary>
    public const int MostInitialPayload = 8 * 1024;

    /// <summary>Length of the zeros that mark the encrypted part.</summary>
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

    /// <summary>The state of the handshake.</summary>
    public EncryptionState State { get; private set; }

    /// <summary>Whether the next bytes will cost an exponentiation, because the other side's key is still to come.</summary>
    public bool AwaitsKey { get; private set; } = true;

    /// <summary>The encryption of the stream, once the handshake is done.</summary>
    public EncryptionMethods Method { get; private protected set; }

    /// <summary>Decrypts received data, once the handshake is done; null if it is plaintext.</summary>
    public Rc4? Incoming { get; private set; }

    /// <summary>Encrypts sent data, once the handshake is done; null if it is plaintext.</summary>
    public Rc4? Outgoing { get; private set; }

    /// <summary>The part of the stream that arrived with the handshake, decrypted, once it is done.</summary>
    public ReadOnlyMemory<byte> Received { get; private set; }

    private protected Rc4? Decryption { get; private set; }

    private protected Rc4? Encryption { get; private set; }

    private protected byte[] Secret { get; private set; } = [];

    /// <summary>Received bytes that no step has consumed.</summary>
    private protected ReadOnlySpan<byte> Rest => _received.WrittenSpan[_taken..];

    /// <summary>Takes received bytes.</summary>
    /// <param name="bytes">The bytes, of any number.</param>
    /// <returns>The state of the handshake.</returns>
    public EncryptionState Receive(ReadOnlySpan<byte> bytes)
    {
        if (State != EncryptionState.Open)
            throw new InvalidOperationException("The handshake is over.");
        _received.Write(bytes);
        while (State == EncryptionState.Open && Step())
        {
            // One step after another, as far as there are bytes.
        }

        return State;
    }

    /// <summary>Takes the bytes to send now; empty if there are none.</summary>
    public byte[] TakeToSend()
    {
        byte[] bytes = _toSend.WrittenSpan.ToArray();
        _toSend.ResetWrittenCount();
        return bytes;
    }

    /// <summary>Performs the next step.</summary>
    /// <returns>False if bytes are missing, or the handshake is over.</returns>
    private protected abstract bool Step();

    /// <summary>Queues our public key and its padding.</summary>
    private protected void SendKey()
    {
        Send(_keys.Public);
        SendPadding();
    }

    /// <summary>Queues bytes unencrypted.</summary>
    private protected void Send(ReadOnlySpan<byte> bytes) => _toSend.Write(bytes);

    /// <summary>Queues bytes encrypted.</summary>
    private protected void SendEncrypted(ReadOnlySpan<byte> bytes)
    {
        Span<byte> span = _toSend.GetSpan(bytes.Length)[..bytes.Length];
        bytes.CopyTo(span);
        Encryption!.Apply(span);
        _toSend.Advance(span.Length);
    }

    /// <summary>Takes the other side's key, which gives both the shared secret.</summary>
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

    /// <summary>Derives the key streams from the secret and the torrent.</summary>
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

    /// <summary>Searches for a marker after the other side's padding.</summary>
    /// <param name="mark">The marker.</param>
    /// <returns>Whether it was found; it and the padding are then consumed.</returns>
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

    /// <summary>Consumes bytes unchanged.</summary>
    private protected bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (Rest.Length < count)
            return false;
        bytes = Rest[..count];
        _taken += count;
        return true;
    }

    /// <summary>Consumes bytes and decrypts them.</summary>
    private protected byte[]? TryTakeEncrypted(int count)
    {
        if (!TryTake(count, out ReadOnlySpan<byte> encrypted))
            return null;
        byte[] bytes = encrypted.ToArray();
        Decryption!.Apply(bytes);
        return bytes;
    }

    /// <summary>Completes the handshake. Bytes received beyond it belong to the stream.</summary>
    /// <param name="initialPayload">The part of the stream within the handshake.</param>
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

    /// <summary>Fails the handshake.</summary>
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
