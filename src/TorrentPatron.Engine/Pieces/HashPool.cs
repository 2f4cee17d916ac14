using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace TorrentPatron.Engine.Pieces;

/// <summary>SHA-1 contexts to be used again: each is memory and a handle of the system's.</summary>
internal static class HashPool
{
    private const int Kept = 256;

    private static readonly ConcurrentQueue<IncrementalHash> Contexts = new();

    /// <summary>Lends a context with nothing in it.</summary>
    public static IncrementalHash Rent() =>
        Contexts.TryDequeue(out IncrementalHash? hash) ? hash : IncrementalHash.CreateHash(HashAlgorithmName.SHA1);

    /// <summary>Takes a context back, with nothing in it.</summary>
    public static void Return(IncrementalHash hash)
    {
        if (Contexts.Count < Kept)
            Contexts.Enqueue(hash);
        else
            hash.Dispose();
    }
}
