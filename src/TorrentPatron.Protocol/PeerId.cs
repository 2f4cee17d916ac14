using System.Text;

namespace TorrentPatron.Protocol;

/// <summary>A peer's 20-byte id in handshakes and announces (BEP 3, BEP 20).</summary>
public readonly struct PeerId : IEquatable<PeerId>
{
    /// <summary>Length of a peer id in bytes.</summary>
    public const int Length = 20;

    private readonly InfoHash _bytes;

    /// <summary>Takes the id from its bytes.</summary>
    /// <param name="bytes">Exactly 20 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public PeerId(ReadOnlySpan<byte> bytes) => _bytes = new InfoHash(bytes);

    /// <summary>Makes an id in the Azureus style: <c>-TP0100-</c> and 12 random characters.</summary>
    /// <param name="random">Source of the random characters.</param>
    public static PeerId Create(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        const string Prefix = "-TP0100-";
        Span<byte> bytes = stackalloc byte[Length];
        Encoding.ASCII.GetBytes(Prefix, bytes);
        random.GetItems("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8, bytes[Prefix.Length..]);
        return new PeerId(bytes);
    }

    /// <summary>Writes the 20 bytes.</summary>
    /// <param name="destination">At least 20 bytes long.</param>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>The 20 bytes as a new array.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <inheritdoc/>
    public bool Equals(PeerId other) => _bytes == other._bytes;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PeerId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _bytes.GetHashCode();

    /// <summary>The id as text: printable ASCII unchanged, every other byte as a dot.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        Span<char> characters = stackalloc char[Length];
        for (int i = 0; i < Length; i++)
            characters[i] = bytes[i] is > 0x20 and < 0x7F ? (char)bytes[i] : '.';
        return new string(characters);
    }

    /// <summary>Whether two ids are the same.</summary>
    public static bool operator ==(PeerId left, PeerId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    public static bool operator !=(PeerId left, PeerId right) => !left.Equals(right);
}
