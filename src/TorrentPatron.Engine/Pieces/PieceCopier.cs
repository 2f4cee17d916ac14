using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Copies pieces that are here to those that are equal to them, and verifies what comes of it: so equal files are fetched once. It runs on the disk
/// thread that the torrent belongs to, a slice at a time.
/// </summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="verifier">Knows the pieces' hashes.</param>
/// <param name="disk">Reads and writes.</param>
/// <param name="isOpen">Whether pieces may be written now; else what is left is dropped.</param>
/// <param name="ended">Takes each piece that was to be made, and whether it is good. Called from the disk thread, without a lock held.</param>
/// <param name="faulted">Takes what nobody expected.</param>
internal sealed class PieceCopier(
    TorrentMetainfo metainfo, Func<PieceVerifier> verifier, PieceDisk disk, Func<bool> isOpen, Action<int, bool> ended, Action<Exception> faulted) : IDiskJob
{
    /// <summary>Bytes copied at once; then the disk thread's other jobs get their turn.</summary>
    private const int Slice = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<(int From, int To)> _waiting = new();
    private bool _isPosted;

    /// <summary>The piece that is being made, how much of it is there, and its hash: the disk thread's.</summary>
    private (int From, int To)? _current;
    private int _done;
    private PieceHash? _hash;
    private byte[]? _buffer;

    /// <summary>Copies pieces, in their order.</summary>
    /// <param name="pieces">Which are here, and which are to be made of them. Nobody else makes those.</param>
    public void Add(IEnumerable<(int From, int To)> pieces)
    {
        lock (_gate)
        {
            foreach ((int, int) piece in pieces)
                _waiting.Enqueue(piece);
            if (_waiting.Count == 0 || _isPosted)
                return;
            _isPosted = true;
        }

        disk.Post(this);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        try
        {
            _current ??= Next();
            if (_current is not { } piece)
                return;
            if (!isOpen())
                End(isGood: false);
            else if (CopySlice(piece.From, piece.To))
                End(verifier().Verify(piece.To, _hash!));
        }
        catch (StorageException)
        {
            // Whoever fetches it meets the disk himself, and says what is wrong.
            End(isGood: false);
        }
#pragma warning disable CA1031 // The root of the work on a piece: a fault ends this torrent and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            faulted(e);
            return;
        }

        disk.Post(this);
    }

    /// <returns>Null where there is none any more.</returns>
    private (int From, int To)? Next()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out (int, int) next))
                return next;
            _isPosted = false;
            _buffer = null;
            return null;
        }
    }

    /// <returns>Whether that was the last one.</returns>
    private bool CopySlice(int from, int to)
    {
        _hash ??= verifier().Begin(to);
        int size = metainfo.PieceSize(to);
        int ofFile = metainfo.BytesOfFileIn(metainfo.Files[metainfo.FileOfPiece(to)], to);
        Memory<byte> slice = (_buffer ??= new byte[Slice]).AsMemory(0, Math.Min(Slice, size - _done));
        int copied = Math.Clamp(ofFile - _done, 0, slice.Length);
        disk.Read(((long)from * metainfo.PieceLength) + _done, slice.Span[..copied]);
        // Behind the end of a file of a hybrid there is padding.
        slice.Span[copied..].Clear();
        _hash.Append(slice.Span);
        disk.Write(((long)to * metainfo.PieceLength) + _done, [slice]);
        _done += slice.Length;
        return _done == size;
    }

    private void End(bool isGood)
    {
        int piece = _current!.Value.To;
        _hash?.Dispose();
        (_current, _done, _hash) = (null, 0, null);
        ended(piece, isGood);
    }
}
