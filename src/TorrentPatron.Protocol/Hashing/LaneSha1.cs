using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TorrentPatron.Protocol.Hashing;

/// <summary>
/// Incremental SHA-1 (FIPS 180-4) of sixteen messages at once. Only if <see cref="Lanes.IsSupported"/>. Not thread-safe.
/// </summary>
internal sealed class LaneSha1
{
    private const int HashWords = 5;

    private readonly Vector512<uint>[] _state = [.. InitialHash.ToArray().Select(Vector512.Create)];
    private long _length;

    private static ReadOnlySpan<uint> InitialHash => [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

    /// <summary>Appends to each message.</summary>
    /// <param name="rows">The data for the first message, then for the second, and so on: each a multiple of 64 bytes.</param>
    public void Append(ReadOnlySpan<byte> rows)
    {
        int length = Lanes.RequireRows(rows);
        Span<Vector512<uint>> words = stackalloc Vector512<uint>[Lanes.WordsOfBlock];
        ref byte first = ref MemoryMarshal.GetReference(rows);
        for (int at = 0; at < length; at += Lanes.BlockLength)
        {
            Lanes.Read(ref Unsafe.Add(ref first, at), length, words);
            Compress(_state, words);
        }

        _length += length;
    }

    /// <summary>Completes the hashes. Nothing may be appended afterwards.</summary>
    /// <param name="hashes">Receives them, 20 bytes each.</param>
    public void End(Span<byte> hashes)
    {
        Span<Vector512<uint>> words = stackalloc Vector512<uint>[Lanes.WordsOfBlock];
        Lanes.End(_length, words);
        Compress(_state, words);
        Lanes.Write(_state, hashes);
    }

    /// <summary>Adds a block of each message to the hashes' state.</summary>
    /// <param name="state">The hashes so far.</param>
    /// <param name="words">The block's words, which the message schedule replaces.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector512<uint>> state, Span<Vector512<uint>> words)
    {
        ref Vector512<uint> schedule = ref MemoryMarshal.GetReference(words[..Lanes.WordsOfBlock]);
        Vector512<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (int t = 0; t < 80; t++)
        {
            ref Vector512<uint> word = ref Unsafe.Add(ref schedule, t & 15);
            if (t >= Lanes.WordsOfBlock)
            {
                Vector512<uint> w3 = Unsafe.Add(ref schedule, (t + 13) & 15), w8 = Unsafe.Add(ref schedule, (t + 8) & 15);
                word = Avx512F.RotateLeft(Lanes.Xor(word, Unsafe.Add(ref schedule, (t + 2) & 15), w8) ^ w3, 1);
            }

            (Vector512<uint> mixed, uint constant) = t switch
            {
                < 20 => (Lanes.Choose(b, c, d), 0x5a827999u),
                < 40 => (Lanes.Xor(b, c, d), 0x6ed9eba1u),
                < 60 => (Lanes.Majority(b, c, d), 0x8f1bbcdcu),
                _ => (Lanes.Xor(b, c, d), 0xca62c1d6u),
            };
            (e, d, c, b, a) = (d, c, Avx512F.RotateLeft(b, 30), a, Avx512F.RotateLeft(a, 5) + mixed + e + word + Vector512.Create(constant));
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
