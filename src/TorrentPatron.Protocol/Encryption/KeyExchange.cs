using System.Numerics;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>One side of the Diffie-Hellman exchange of message stream encryption: 768 bits, generator 2.</summary>
internal sealed class KeyExchange
{
    /// <summary>Length of a public key and of the shared secret, bytes.</summary>
    public const int Length = 96;

    /// <summary>Length of a private key, bytes: longer ones add no security to 768 bits.</summary>
    private const int PrivateLength = 20;

    private static readonly BigInteger Prime = new(
        Convert.FromHexString(
            "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
            + "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563"),
        isUnsigned: true, isBigEndian: true);

    private readonly BigInteger _private;

    /// <summary>Generates a key.</summary>
    /// <param name="random">Fills with random bytes.</param>
    public KeyExchange(Action<Span<byte>> random)
    {
        Span<byte> key = stackalloc byte[PrivateLength];
        random(key);
        _private = new BigInteger(key, isUnsigned: true) + BigInteger.One;
        Public = ToBytes(BigInteger.ModPow(2, _private, Prime));
    }

    /// <summary>Our public key.</summary>
    public byte[] Public { get; }

    /// <summary>Computes the shared secret: an exponentiation, the main cost of the handshake.</summary>
    /// <param name="other">The other side's public key.</param>
    /// <returns>The shared secret; null for a weak key, with which anyone would know it.</returns>
    public byte[]? Share(ReadOnlySpan<byte> other)
    {
        var key = new BigInteger(other, isUnsigned: true, isBigEndian: true);
        return key > BigInteger.One && key < Prime - BigInteger.One ? ToBytes(BigInteger.ModPow(key, _private, Prime)) : null;
    }

    private static byte[] ToBytes(BigInteger value)
    {
        byte[] bytes = new byte[Length];
        int length = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(bytes.AsSpan(Length - length), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }
}
