using System.Buffers.Binary;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>The dialling side of the encrypted handshake. Its first bytes are available from the start.</summary>
public sealed class EncryptionInitiator : EncryptionHandshake
{
    private readonly InfoHash _torrent;
    private readonly EncryptionMethods _offered;
    private readonly ReadOnlyMemory<byte> _initialPayload;

    /// <summary>
    /// The other side's encrypted zeros: they mark the end of its padding, and its key stream continues after them.
    /// </summary>
    private readonly byte[] _zeros = new byte[ConstantLength];
    private Func<bool> _next;
    private int _paddingLength;

    /// <summary>Starts the handshake.</summary>
    /// <param name="torrent">The torrent, which the other side must know.</param>
    /// <param name="offered">The offered methods.</param>
    /// <param name="initialPayload">The beginning of the stream, at most <see cref="EncryptionHandshake.MostInitialPayload"/> bytes.</param>
    /// <param name="random">Fills a buffer with unpredictable random bytes.</param>
    public EncryptionInitiator(InfoHash torrent, EncryptionMethods offered, ReadOnlyMemory<byte> initialPayload, Action<Span<byte>> random)
        : base(random)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)offered, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(initialPayload.Length, MostInitialPayload);
        (_torrent, _offered, _initialPayload) = (torrent, offered, initialPayload);
        SendKey();
        _next = TakeKey;
    }

    private protected override bool Step() => _next();

    private bool TakeKey()
    {
        if (!TryTakeKey())
            return false;
        Begin(_torrent, isInitiator: true);
        Decryption!.Apply(_zeros);
        Send(Hash("req1"u8, Secret));
        byte[] name = new byte[InfoHash.Length];
        ObfuscatedInfoHash.Of(_torrent).CopyTo(name);
        Xor(name, Hash("req3"u8, Secret));
        Send(name);

        byte[] padding = MakePadding();
        Span<byte> head = stackalloc byte[ConstantLength + sizeof(uint) + sizeof(ushort)];
        head.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(head[ConstantLength..], (uint)_offered);
        BinaryPrimitives.WriteUInt16BigEndian(head[(ConstantLength + sizeof(uint))..], (ushort)padding.Length);
        SendEncrypted(head);
        SendEncrypted(padding);
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)_initialPayload.Length);
        SendEncrypted(head[..sizeof(ushort)]);
        SendEncrypted(_initialPayload.Span);
        _next = TakeConstant;
        return true;
    }

    private bool TakeConstant()
    {
        if (!TryFind(_zeros))
            return false;
        _next = TakeMethod;
        return true;
    }

    private bool TakeMethod()
    {
        if (TryTakeEncrypted(sizeof(uint) + sizeof(ushort)) is not { } head)
            return false;
        Method = (EncryptionMethods)BinaryPrimitives.ReadUInt32BigEndian(head);
        _paddingLength = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(sizeof(uint)));
        if (Method is not (EncryptionMethods.Plaintext or EncryptionMethods.Rc4) || !_offered.HasFlag(Method) || _paddingLength > MostPadding)
            return Fail();
        _next = TakePadding;
        return true;
    }

    private bool TakePadding() => TryTakeEncrypted(_paddingLength) is not null && Finish([]);
}
