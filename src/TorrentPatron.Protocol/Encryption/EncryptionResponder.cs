using System.Buffers.Binary;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>
/// The dialled side of the encrypted handshake: it learns the torrent by an obfuscated hash that only those who know the torrent
/// can recognise.
/// </summary>
public sealed class EncryptionResponder : EncryptionHandshake
{
    private readonly Func<ObfuscatedInfoHash, InfoHash?> _find;
    private readonly Func<EncryptionMethods, EncryptionMethods> _choose;
    private Func<bool> _next;
    private EncryptionMethods _offered;
    private int _length;

    /// <summary>Waits for the other side.</summary>
    /// <param name="find">Returns the torrent with an obfuscated hash; null if it is not here.</param>
    /// <param name="choose">Chooses one of the offered methods; none rejects the other side.</param>
    /// <param name="random">Fills a buffer with unpredictable random bytes.</param>
    public EncryptionResponder(
        Func<ObfuscatedInfoHash, InfoHash?> find, Func<EncryptionMethods, EncryptionMethods> choose, Action<Span<byte>> random)
        : base(random)
    {
        (_find, _choose) = (find, choose);
        _next = TakeKey;
    }

    /// <summary>The torrent, once the other side has named it.</summary>
    public InfoHash? Torrent { get; private set; }

    private protected override bool Step() => _next();

    private bool TakeKey()
    {
        if (!TryTakeKey())
            return false;
        SendKey();
        _next = TakeMark;
        return true;
    }

    private bool TakeMark()
    {
        if (!TryFind(Hash("req1"u8, Secret)))
            return false;
        _next = TakeName;
        return true;
    }

    private bool TakeName()
    {
        if (!TryTake(InfoHash.Length, out ReadOnlySpan<byte> hidden))
            return false;
        byte[] name = hidden.ToArray();
        Xor(name, Hash("req3"u8, Secret));
        if (_find(new ObfuscatedInfoHash(name)) is not { } torrent)
            return Fail();
        Torrent = torrent;
        Begin(torrent, isInitiator: false);
        _next = TakeOffer;
        return true;
    }

    private bool TakeOffer()
    {
        if (TryTakeEncrypted(ConstantLength + sizeof(uint) + sizeof(ushort)) is not { } head)
            return false;
        _offered = (EncryptionMethods)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(ConstantLength));
        _length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(ConstantLength + sizeof(uint)));
        if (head.AsSpan(0, ConstantLength).ContainsAnyExcept((byte)0) || _length > MostPadding)
            return Fail();
        _next = TakePadding;
        return true;
    }

    private bool TakePadding()
    {
        if (TryTakeEncrypted(_length + sizeof(ushort)) is not { } padding)
            return false;
        _length = BinaryPrimitives.ReadUInt16BigEndian(padding.AsSpan(_length));
        if (_length > MostInitialPayload)
            return Fail();
        _next = TakeInitialPayload;
        return true;
    }

    private bool TakeInitialPayload()
    {
        if (TryTakeEncrypted(_length) is not { } initialPayload)
            return false;
        Method = _choose(_offered & (EncryptionMethods.Plaintext | EncryptionMethods.Rc4));
        if (Method is not (EncryptionMethods.Plaintext or EncryptionMethods.Rc4))
            return Fail();

        byte[] padding = MakePadding();
        Span<byte> head = stackalloc byte[ConstantLength + sizeof(uint) + sizeof(ushort)];
        head.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(head[ConstantLength..], (uint)Method);
        BinaryPrimitives.WriteUInt16BigEndian(head[(ConstantLength + sizeof(uint))..], (ushort)padding.Length);
        SendEncrypted(head);
        SendEncrypted(padding);
        return Finish(initialPayload);
    }
}
