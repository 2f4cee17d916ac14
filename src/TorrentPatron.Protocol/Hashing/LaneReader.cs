using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TorrentPatron.Protocol.Hashing;

/// <summary>Reads sixteen messages of equal length from rows of memory, a block of each at a time.</summary>
internal ref struct LaneReader
{
    private readonly ReadOnlySpan<byte> _rows;
    private readonly int _stride;
    private int _position;

    /// <summary>Starts at the beginning of the messages.</summary>
    /// <param name="rows">The first message, then the second, and so on: each a multiple of 64 bytes, followed by the gap.</param>
    /// <param name="gap">
    /// Unused bytes after each message. Rows at a distance that is a multiple of 4 KiB share the same few lines of the cache: reading
    /// takes about half the time with a gap of <see cref="Lanes.Gap"/>.
    /// </param>
    public LaneReader(ReadOnlySpan<byte> rows, int gap)
    {
        _rows = rows;
        _stride = rows.Length / Lanes.Count;
        RowLength = _stride - gap;
        if (rows.Length % Lanes.Count != 0 || RowLength < 0 || RowLength % Lanes.BlockLength != 0)
            throw new ArgumentException($"{Lanes.Count} rows of a multiple of {Lanes.BlockLength} bytes are expected.", nameof(rows));
    }

    /// <summary>The length of each message, bytes.</summary>
    public int RowLength { get; }

    /// <summary>Reads the next block of each message.</summary>
    /// <param name="words">
    /// Receives the blocks' words, big-endian: the first word of all messages, then the second, and so on.
    /// </param>
    /// <returns>False if there is none.</returns>
    public bool Read(scoped Span<Vector512<uint>> words)
    {
        if (_position == RowLength)
            return false;
        Transpose(ref Unsafe.Add(ref MemoryMarshal.GetReference(_rows), _position), _stride, words);
        _position += Lanes.BlockLength;
        return true;
    }

    /// <summary>First four by four words in each 128-bit part, then the parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ref byte rows, int stride, Span<Vector512<uint>> words)
    {
        ref Vector512<uint> target = ref MemoryMarshal.GetReference(words[..Lanes.WordsOfBlock]);
        for (int group = 0; group < 4; group++)
        {
            Vector512<uint> a = ReadRow(ref rows, stride, 4 * group), b = ReadRow(ref rows, stride, (4 * group) + 1);
            Vector512<uint> c = ReadRow(ref rows, stride, (4 * group) + 2), d = ReadRow(ref rows, stride, (4 * group) + 3);
            Vector512<ulong> lowAb = Avx512F.UnpackLow(a, b).AsUInt64(), highAb = Avx512F.UnpackHigh(a, b).AsUInt64();
            Vector512<ulong> lowCd = Avx512F.UnpackLow(c, d).AsUInt64(), highCd = Avx512F.UnpackHigh(c, d).AsUInt64();
            Unsafe.Add(ref target, 4 * group) = Avx512F.UnpackLow(lowAb, lowCd).AsUInt32();
            Unsafe.Add(ref target, (4 * group) + 1) = Avx512F.UnpackHigh(lowAb, lowCd).AsUInt32();
            Unsafe.Add(ref target, (4 * group) + 2) = Avx512F.UnpackLow(highAb, highCd).AsUInt32();
            Unsafe.Add(ref target, (4 * group) + 3) = Avx512F.UnpackHigh(highAb, highCd).AsUInt32();
        }

        for (int word = 0; word < 4; word++)
        {
            ref Vector512<uint> first = ref Unsafe.Add(ref target, word), second = ref Unsafe.Add(ref target, 4 + word);
            ref Vector512<uint> third = ref Unsafe.Add(ref target, 8 + word), fourth = ref Unsafe.Add(ref target, 12 + word);
            Vector512<uint> lowA = Avx512F.Shuffle4x128(first, second, 0x44), highA = Avx512F.Shuffle4x128(first, second, 0xEE);
            Vector512<uint> lowB = Avx512F.Shuffle4x128(third, fourth, 0x44), highB = Avx512F.Shuffle4x128(third, fourth, 0xEE);
            first = Avx512F.Shuffle4x128(lowA, lowB, 0x88);
            second = Avx512F.Shuffle4x128(lowA, lowB, 0xDD);
            third = Avx512F.Shuffle4x128(highA, highB, 0x88);
            fourth = Avx512F.Shuffle4x128(highA, highB, 0xDD);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> ReadRow(ref byte rows, int stride, int row)
    {
        Vector128<byte> swap = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        Vector256<byte> swaps = Vector256.Create(swap, swap);
        return Avx512BW.Shuffle(Vector512.LoadUnsafe(ref rows, (nuint)row * (nuint)stride), Vector512.Create(swaps, swaps)).AsUInt32();
    }
}
