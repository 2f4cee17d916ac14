using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Copies verified pieces to equal ones, and verifies the copies, so that equal files are downloaded once. Runs on the torrent's
/// disk thread, one slice at a time.
/// </summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="verifier">Knows the pieces' hashes.</param>
/// <param name="disk">Reads and writes.</param>
/// <param name="isOpen">Returns whether pieces may be written now; if not, the rest is dropped.</param>
/// <param name="ended">Takes each piece and whether the copy is good. Called from the disk thread, without a lock held.</param>
/// <param name="faulted">Handles unexpected exceptions.</param>
internal sealed class PieceCopier(
    TorrentMetainfo metainfo, Func<PieceVerifier> verifier, PieceDisk disk, Func<bool> isOpen, Action<int, bool> ended, Action<Exception> faulted) : IDiskJob
{
    /// <summary>Bytes copied at once before the disk thread's other jobs get their turn.</summary>
    private const int Slice = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<(int From, int To)> _waiting = new();
    private bool _isPosted;

    /// <summary>The piece being copied, its progress, and its hash; used only on the disk thread.</summary>
    private (int From, int To)? _current;
    private int _done;
    private PieceHash? _hash;
    private byte[]? _buffer;

    /// <summary>Copies pieces, in order.</summary>
    /// <param name="pieces">The verified pieces and the pieces to create from them. Nobody else creates those.</param>
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
            // The piece will be downloaded, and the download reports the disk error.
            End(isGood: false);
        }
#pragma warning disable CA1031 // The root of the work on a piece: a fault ends this torrent only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            faulted(e);
            return;
        }

        disk.Post(this);
    }

    /// <returns>Null if there is none left.</returns>
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

    /// <returns>Whether that was the last slice.</returns>
    private bool CopySlice(int from, int to)
    {
        _hash ??= verifier().Begin(to);
        int size = metainfo.PieceSize(to);
        int ofFile = metainfo.BytesOfFileIn(metainfo.Files[metainfo.FileOfPiece(to)], to);
        Memory<byte> slice = (_buffer ??= new byte[Slice]).AsMemory(0, Math.Min(Slice, size - _done));
        int copied = Math.Clamp(ofFile - _done, 0, slice.Length);
        disk.Read(((long)from * metainfo.PieceLength) + _done, slice.Span[..copied]);
        // A hybrid torrent has padding after the end of a file.
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
