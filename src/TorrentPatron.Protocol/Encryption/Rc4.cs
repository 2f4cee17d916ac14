using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>
/// The RC4 stream cipher, used by message stream encryption. It hides BitTorrent from casual inspection and is not secure.
/// Encryption and decryption are the same. Not thread-safe.
/// </summary>
public sealed class Rc4
{
    private const int States = 256;

    private readonly byte[] _state = new byte[States];
    private byte _i;
    private byte _j;

    /// <summary>Starts the key stream.</summary>
    /// <param name="key">1 to 256 bytes.</param>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    public Rc4(ReadOnlySpan<byte> key)
    {
        if (key.Length is 0 or > States)
            throw new ArgumentException($"A key must have 1 to {States} bytes, not {key.Length}.", nameof(key));
        for (int i = 0; i < States; i++)
            _state[i] = (byte)i;
        byte j = 0;
        for (int i = 0; i < States; i++)
        {
            j += (byte)(_state[i] + key[i % key.Length]);
            (_state[i], _state[j]) = (_state[j], _state[i]);
        }
    }

    /// <summary>Encrypts or decrypts bytes in place.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Apply(Span<byte> bytes)
    {
        ref byte state = ref MemoryMarshal.GetArrayDataReference(_state);
        uint i = _i, j = _j;

        // Eight bytes of the key stream are combined with eight of the data in one operation: every byte of a download goes
        // through here.
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ref ulong word in words)
        {
            ulong key = Next(ref state, ref i, ref j)
                | (ulong)Next(ref state, ref i, ref j) << 8
                | (ulong)Next(ref state, ref i, ref j) << 16
                | (ulong)Next(ref state, ref i, ref j) << 24
                | (ulong)Next(ref state, ref i, ref j) << 32
                | (ulong)Next(ref state, ref i, ref j) << 40
                | (ulong)Next(ref state, ref i, ref j) << 48
                | (ulong)Next(ref state, ref i, ref j) << 56;
            word ^= BitConverter.IsLittleEndian ? key : BinaryPrimitives.ReverseEndianness(key);
        }

        foreach (ref byte value in bytes[(words.Length * sizeof(ulong))..])
            value ^= Next(ref state, ref i, ref j);
        (_i, _j) = ((byte)i, (byte)j);
    }

    /// <summary>The next byte of the key stream. Both indices stay below 256, so no bounds check is needed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Next(ref byte state, ref uint i, ref uint j)
    {
        i = (byte)(i + 1);
        byte one = Unsafe.Add(ref state, i);
        j = (byte)(j + one);
        byte other = Unsafe.Add(ref state, j);
        Unsafe.Add(ref state, i) = other;
        Unsafe.Add(ref state, j) = one;
        return Unsafe.Add(ref state, (byte)(one + other));
    }

    /// <summary>Skips the next bytes of the key stream.</summary>
    /// <param name="count">The number of bytes, 0 or more.</param>
    public void Skip(int count)
    {
        Span<byte> dropped = stackalloc byte[States];
        for (; count > 0; count -= States)
            Apply(dropped[..Math.Min(count, States)]);
    }
}
