using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The SHA-1 of a piece (BEP 3).</summary>
internal sealed class Sha1PieceHash : PieceHash
{
    /// <summary>The most contexts kept for reuse: each takes memory and a system handle.</summary>
    private const int Kept = 256;

    private static readonly ConcurrentQueue<IncrementalHash> Contexts = new();

    private IncrementalHash? _context;
    private bool _isEmpty = true;
    private bool _isDisposed;

    /// <inheritdoc/>
    public override int Length => V1Length;

    /// <inheritdoc/>
    internal override (bool HasSha1, Sha256PieceHash? Tree)? Parts => _isEmpty ? (true, null) : null;

    private IncrementalHash Context
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(PieceHash));
            return _context ??= Contexts.TryDequeue(out IncrementalHash? context) ? context : IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        }
    }

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> blocks)
    {
        _isEmpty = false;
        Context.AppendData(blocks);
    }

    /// <inheritdoc/>
    public override void End(Span<byte> hash)
    {
        Context.GetHashAndReset(hash);
        _isEmpty = true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _isDisposed = true;
        if (_context is not { } context)
            return;
        _context = null;
        // A context with data in it would have to be reset first; that is rare.
        if (_isEmpty && Contexts.Count < Kept)
            Contexts.Enqueue(context);
        else
            context.Dispose();
    }
}
