using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPatron.Protocol.Wire;

/// <summary>Enumerates the indices of the bits set in two bitfields, in ascending order, for <c>foreach</c>.</summary>
public ref struct SetBits
{
    private const int BitsInWord = 64;

    private readonly ReadOnlySpan<ulong> _left;
    private readonly ReadOnlySpan<ulong> _right;
    private int _word = -1;
    private ulong _bits;

    internal SetBits(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right)
    {
        _left = left;
        _right = right;
    }

    /// <summary>The current index.</summary>
    public int Current { get; private set; }

    /// <summary>Returns itself, for <c>foreach</c>.</summary>
    public readonly SetBits GetEnumerator() => this;

    /// <summary>Moves to the next index.</summary>
    /// <returns>Whether there is one.</returns>
    public bool MoveNext()
    {
        while (_bits == 0)
        {
            if (++_word >= _left.Length)
                return false;
            _bits = _left[_word] & _right[_word];
            // The first bit is the highest of the first byte.
            if (BitConverter.IsLittleEndian)
                _bits = BinaryPrimitives.ReverseEndianness(_bits);
        }

        int bit = BitOperations.LeadingZeroCount(_bits);
        _bits ^= 1UL << (BitsInWord - 1 - bit);
        Current = _word * BitsInWord + bit;
        return true;
    }
}
