using System.Net;
using System.Numerics;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// A Bloom filter of peer addresses: the combined filters of several nodes give an estimate of a swarm's size (BEP 33).
/// </summary>
public sealed class ScrapeFilter
{
    /// <summary>Length of a filter in bytes.</summary>
    public const int Length = 256;

    private const int BitCount = Length * 8;
    private const int HashesPerAddress = 2;

    private readonly byte[] _bits = new byte[Length];

    /// <summary>Makes an empty filter.</summary>
    public ScrapeFilter()
    {
    }

    /// <summary>Creates a filter from its bytes.</summary>
    /// <param name="bytes">Exactly 256 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 256 bytes long.</exception>
    public ScrapeFilter(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A filter must have {Length} bytes, not {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bits);
    }

    /// <summary>The filter's bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <summary>Adds an address.</summary>
    public void Add(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out int length);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bytes[..length], hash);
        for (int i = 0; i < HashesPerAddress; i++)
        {
            int bit = (hash[2 * i] | hash[(2 * i) + 1] << 8) % BitCount;
            _bits[bit / 8] |= (byte)(1 << (bit % 8));
        }
    }

    /// <summary>Adds all addresses of another filter.</summary>
    public void Add(ScrapeFilter other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < Length; i++)
            _bits[i] |= other._bits[i];
    }

    /// <summary>The approximate number of addresses added; unreliable beyond 6000.</summary>
    public double Estimate()
    {
        int zeros = BitCount;
        foreach (byte bits in _bits)
            zeros -= BitOperations.PopCount(bits);
        double share = (double)Math.Clamp(zeros, 1, BitCount - 1) / BitCount;
        return zeros == BitCount ? 0 : Math.Log(share) / (HashesPerAddress * Math.Log(1 - (1.0 / BitCount)));
    }
}
