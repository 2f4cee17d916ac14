using System.Numerics;
using System.Runtime.InteropServices;

namespace TorrentPatron.Protocol.Wire;

/// <summary>One bit per piece, the first in the highest bit of the first byte, as on the wire (BEP 3). Not thread-safe.</summary>
public sealed class Bitfield
{
    /// <summary>Whole words, so that fields can be compared by words; the bits after the last are 0.</summary>
    private readonly byte[] _bytes;

    /// <summary>Creates a field without any bit set.</summary>
    /// <param name="length">Number of bits, 0 or more.</param>
    public Bitfield(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _bytes = NewBytes(length);
    }

    private Bitfield(int length, byte[] bytes, int count)
    {
        Length = length;
        _bytes = bytes;
        Count = count;
    }

    /// <summary>Number of bits.</summary>
    public int Length { get; }

    /// <summary>Number of bits that are set.</summary>
    public int Count { get; private set; }

    /// <summary>Whether every bit is set.</summary>
    public bool IsFull => Count == Length;

    /// <summary>Whether no bit is set.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The wire form; spare bits at the end are 0.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, ByteLength(Length));

    /// <summary>The bits that are set, for <c>foreach</c>.</summary>
    public SetBits Ones => new(Words, Words);

    private ReadOnlySpan<ulong> Words => MemoryMarshal.Cast<byte, ulong>(_bytes);

    /// <summary>The length of a field of a number of bits, bytes.</summary>
    /// <param name="length">Number of bits.</param>
    public static int ByteLength(int length) => (length + 7) / 8;

    /// <summary>Reads a field from outside.</summary>
    /// <param name="bytes">The wire form.</param>
    /// <param name="length">The required number of bits.</param>
    /// <param name="field">The field, where the bytes are one.</param>
    /// <returns>False if the number of bytes is wrong or a spare bit is set.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int length, out Bitfield? field)
    {
        field = null;
        if (length < 0 || bytes.Length != ByteLength(length))
            return false;

        int spare = bytes.Length * 8 - length;
        if (spare > 0 && (bytes[^1] & ((1 << spare) - 1)) != 0)
            return false;

        byte[] copy = NewBytes(length);
        bytes.CopyTo(copy);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(copy);
        field = new Bitfield(length, copy, CountInBoth(words, words));
        return true;
    }

    /// <summary>Whether a bit is set.</summary>
    /// <param name="index">0 to <see cref="Length"/> - 1.</param>
    public bool this[int index] => (_bytes[index >> 3] & (0x80 >> (index & 7))) != 0;

    /// <summary>Sets a bit.</summary>
    /// <param name="index">0 to <see cref="Length"/> - 1.</param>
    /// <returns>Whether it was not set before.</returns>
    public bool Set(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Length, nameof(index));
        byte mask = (byte)(0x80 >> (index & 7));
        if ((_bytes[index >> 3] & mask) != 0)
            return false;
        _bytes[index >> 3] |= mask;
        Count++;
        return true;
    }

    /// <summary>Clears a bit.</summary>
    /// <param name="index">0 to <see cref="Length"/> - 1.</param>
    /// <returns>Whether it was set before.</returns>
    public bool Clear(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Length, nameof(index));
        byte mask = (byte)(0x80 >> (index & 7));
        if ((_bytes[index >> 3] & mask) == 0)
            return false;
        _bytes[index >> 3] &= (byte)~mask;
        Count--;
        return true;
    }

    /// <summary>Sets every bit.</summary>
    public void SetAll()
    {
        _bytes.AsSpan(0, Length / 8).Fill(0xFF);
        if (Length % 8 != 0)
            _bytes[Length / 8] = (byte)(0xFF00 >> (Length % 8));
        Count = Length;
    }

    /// <summary>Clears every bit.</summary>
    public void ClearAll()
    {
        _bytes.AsSpan().Clear();
        Count = 0;
    }

    /// <summary>A copy.</summary>
    public Bitfield Clone() => new(Length, (byte[])_bytes.Clone(), Count);

    /// <summary>A copy with all bits inverted.</summary>
    public Bitfield Inverse()
    {
        var inverse = new Bitfield(Length);
        inverse.SetAll();
        foreach (int index in Ones)
            inverse.Clear(index);
        return inverse;
    }

    /// <summary>Whether any bit is set in both fields.</summary>
    /// <param name="other">A field of the same length.</param>
    public bool Intersects(Bitfield other)
    {
        ThrowIfOfOtherLength(other);
        if (IsEmpty || other.IsEmpty)
            return false;
        return IsFull || other.IsFull || InBoth(other).MoveNext();
    }

    /// <summary>Number of bits that are set in both fields.</summary>
    /// <param name="other">A field of the same length.</param>
    public int CountInBoth(Bitfield other)
    {
        ThrowIfOfOtherLength(other);
        return CountInBoth(Words, other.Words);
    }

    /// <summary>The bits that are set in both fields, for <c>foreach</c>.</summary>
    /// <param name="other">A field of the same length.</param>
    public SetBits InBoth(Bitfield other)
    {
        ThrowIfOfOtherLength(other);
        return new SetBits(Words, other.Words);
    }

    private static byte[] NewBytes(int length) => new byte[(length + 63L) / 64 * sizeof(ulong)];

    private static int CountInBoth(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right)
    {
        int count = 0;
        for (int i = 0; i < left.Length; i++)
            count += BitOperations.PopCount(left[i] & right[i]);
        return count;
    }

    private void ThrowIfOfOtherLength(Bitfield other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Length != Length)
            throw new ArgumentException($"The other bitfield must have {Length} bits, not {other.Length}.", nameof(other));
    }
}
