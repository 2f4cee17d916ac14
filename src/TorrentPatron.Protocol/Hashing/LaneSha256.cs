using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TorrentPatron.Protocol.Hashing;

/// <summary>SHA-256 (FIPS 180-4) of sixteen messages at once. Only if <see cref="Lanes.IsSupported"/>.</summary>
internal static class LaneSha256
{
    private const int HashWords = 8;

    private static ReadOnlySpan<uint> InitialHash =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>Hashes sixteen messages.</summary>
    /// <param name="rows">The messages, one after another; see <see cref="LaneReader"/>.</param>
    /// <param name="hashes">Receives their hashes, 32 bytes each.</param>
    /// <param name="gap">Bytes after each message that are not hashed.</param>
    /// <param name="sha1">The messages are also appended to it, since reading them for both hashes at once is faster.</param>
    public static void Hash(ReadOnlySpan<byte> rows, Span<byte> hashes, int gap = 0, LaneSha1? sha1 = null)
    {
        var reader = new LaneReader(rows, gap);
        Span<Vector512<uint>> state = Lanes.Align(stackalloc Vector512<uint>[HashWords + 1]);
        Span<Vector512<uint>> words = Lanes.Align(stackalloc Vector512<uint>[Lanes.WordsOfBlock + 1]);
        Span<Vector512<uint>> copy = Lanes.Align(stackalloc Vector512<uint>[Lanes.WordsOfBlock + 1]);
        for (int i = 0; i < HashWords; i++)
            state[i] = Vector512.Create(InitialHash[i]);
        while (reader.Read(words))
        {
            if (sha1 is not null)
            {
                words.CopyTo(copy);
                sha1.AppendBlock(copy);
            }

            Compress(state, words);
        }

        Lanes.End(reader.RowLength, words);
        Compress(state, words);
        Lanes.Write(state, hashes);
    }

    /// <summary>Adds a block of each message to the hashes' state.</summary>
    /// <param name="state">The hashes so far.</param>
    /// <param name="words">The block's words, which the message schedule replaces.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector512<uint>> state, Span<Vector512<uint>> words)
    {
        ref Vector512<uint> schedule = ref MemoryMarshal.GetReference(words[..Lanes.WordsOfBlock]);
        ref uint constants = ref MemoryMarshal.GetReference(RoundConstants);
        Vector512<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (int t = 0; t < 64; t++)
        {
            ref Vector512<uint> word = ref Unsafe.Add(ref schedule, t & 15);
            if (t >= Lanes.WordsOfBlock)
            {
                Vector512<uint> w15 = Unsafe.Add(ref schedule, (t + 1) & 15), w2 = Unsafe.Add(ref schedule, (t + 14) & 15);
                word += Lanes.Xor(Avx512F.RotateRight(w15, 7), Avx512F.RotateRight(w15, 18), Vector512.ShiftRightLogical(w15, 3))
                    + Unsafe.Add(ref schedule, (t + 9) & 15)
                    + Lanes.Xor(Avx512F.RotateRight(w2, 17), Avx512F.RotateRight(w2, 19), Vector512.ShiftRightLogical(w2, 10));
            }

            Vector512<uint> t1 = h + Lanes.Xor(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25))
                + Lanes.Choose(e, f, g) + word + Vector512.Create(Unsafe.Add(ref constants, t));
            Vector512<uint> t2 = Lanes.Xor(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22)) + Lanes.Majority(a, b, c);
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }
}
