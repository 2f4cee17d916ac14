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
    private const int RoundsOfPhase = 20;

    private readonly Vector512<uint>[] _state = [.. InitialHash.ToArray().Select(Vector512.Create)];
    private long _length;

    private static ReadOnlySpan<uint> InitialHash => [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

    /// <summary>Appends to each message.</summary>
    /// <param name="rows">The data for the first message, then for the second, and so on; see <see cref="LaneReader"/>.</param>
    /// <param name="gap">Bytes after each row that are not hashed.</param>
    public void Append(ReadOnlySpan<byte> rows, int gap = 0)
    {
        var reader = new LaneReader(rows, gap);
        Span<Vector512<uint>> words = Lanes.Align(stackalloc Vector512<uint>[Lanes.WordsOfBlock + 1]);
        while (reader.Read(words))
            AppendBlock(words);
    }

    /// <summary>Appends a block to each message.</summary>
    /// <param name="words">The blocks' words, as <see cref="LaneReader.Read"/> returns them. The message schedule replaces them.</param>
    public void AppendBlock(Span<Vector512<uint>> words)
    {
        Compress(_state, words);
        _length += Lanes.BlockLength;
    }

    /// <summary>Completes the hashes. Nothing may be appended afterwards.</summary>
    /// <param name="hashes">Receives them, 20 bytes each.</param>
    public void End(Span<byte> hashes)
    {
        Span<Vector512<uint>> words = Lanes.Align(stackalloc Vector512<uint>[Lanes.WordsOfBlock + 1]);
        Lanes.End(_length, words);
        Compress(_state, words);
        Lanes.Write(_state, hashes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector512<uint>> state, Span<Vector512<uint>> words)
    {
        ref Vector512<uint> schedule = ref MemoryMarshal.GetReference(words[..Lanes.WordsOfBlock]);
        Vector512<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        RunPhase(0, 0x5a827999, ref schedule, ref a, ref b, ref c, ref d, ref e);
        RunPhase(1, 0x6ed9eba1, ref schedule, ref a, ref b, ref c, ref d, ref e);
        RunPhase(2, 0x8f1bbcdc, ref schedule, ref a, ref b, ref c, ref d, ref e);
        RunPhase(3, 0xca62c1d6, ref schedule, ref a, ref b, ref c, ref d, ref e);
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }

    /// <summary>Runs twenty rounds. Five at a time, so that the variables change their roles without being moved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunPhase(
        int phase, uint constant, ref Vector512<uint> schedule, ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c,
        ref Vector512<uint> d, ref Vector512<uint> e)
    {
        // Copies, which the compiler keeps in registers.
        Vector512<uint> v = a, w = b, x = c, y = d, z = e, k = Vector512.Create(constant);
        for (int t = phase * RoundsOfPhase; t < (phase + 1) * RoundsOfPhase; t += 5)
        {
            RunRound(v, ref w, Mix(phase, w, x, y), ref z, Word(ref schedule, t) + k);
            RunRound(z, ref v, Mix(phase, v, w, x), ref y, Word(ref schedule, t + 1) + k);
            RunRound(y, ref z, Mix(phase, z, v, w), ref x, Word(ref schedule, t + 2) + k);
            RunRound(x, ref y, Mix(phase, y, z, v), ref w, Word(ref schedule, t + 3) + k);
            RunRound(w, ref x, Mix(phase, x, y, z), ref v, Word(ref schedule, t + 4) + k);
        }

        (a, b, c, d, e) = (v, w, x, y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunRound(Vector512<uint> a, ref Vector512<uint> b, Vector512<uint> mixed, ref Vector512<uint> e, Vector512<uint> word)
    {
        e += Avx512F.RotateLeft(a, 5) + mixed + word;
        b = Avx512F.RotateLeft(b, 30);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Mix(int phase, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d) => phase switch
    {
        0 => Lanes.Choose(b, c, d),
        2 => Lanes.Majority(b, c, d),
        _ => Lanes.Xor(b, c, d),
    };

    /// <summary>A word of the message schedule; after the first sixteen it takes the place of an earlier one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Word(ref Vector512<uint> schedule, int t)
    {
        ref Vector512<uint> word = ref Unsafe.Add(ref schedule, t & 15);
        if (t >= Lanes.WordsOfBlock)
        {
            Vector512<uint> w3 = Unsafe.Add(ref schedule, (t + 13) & 15), w8 = Unsafe.Add(ref schedule, (t + 8) & 15);
            word = Avx512F.RotateLeft(Lanes.Xor(word, Unsafe.Add(ref schedule, (t + 2) & 15), w8) ^ w3, 1);
        }

        return word;
    }
}
