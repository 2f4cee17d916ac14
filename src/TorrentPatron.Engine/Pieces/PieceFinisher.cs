using System.Security.Cryptography;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Hashes an active piece's blocks as they arrive and writes them. Runs on the disk thread that the torrent belongs to, so
/// nothing here is locked; a piece is never read back to be verified.
/// </summary>
/// <remarks>
/// A piece of up to <see cref="WriteRun"/> bytes is verified before any of it is written. A longer one is written in runs
/// of that size, so that it need not lie in memory whole.
/// </remarks>
internal sealed class PieceFinisher(ActivePiece piece, ReadOnlyMemory<byte> expectedHash, long offset, IPieceTarget target) : IDiskJob
{
    /// <summary>Bytes of a longer piece after which what is hashed is written.</summary>
    public const int WriteRun = 4 << 20;

    /// <summary>
    /// Blocks in one system call: 64 KiB. Measured on Linux: a call for 256 KiB takes a little more time in the kernel for the
    /// same bytes, one for 16 KiB nearly twice and one for 1 MiB more than twice as much.
    /// </summary>
    private const int BlocksWrittenAtOnce = 4;

    private readonly List<ReadOnlyMemory<byte>> _run = [];
    private IncrementalHash? _hash;
    private int _posted;
    private int _accounted;
    private int _hashed;
    private int _written;
    private bool _isOver;

    /// <summary>The piece.</summary>
    public ActivePiece Piece => piece;

    /// <summary>
    /// Says that blocks have been added. Cheap when the job is queued already; call it once for a batch of blocks.
    /// </summary>
    public void Post()
    {
        if (Interlocked.Exchange(ref _posted, 1) == 0)
            target.PostToDisk(this);
    }

    /// <summary>Hashes and writes what can be; called by the disk thread.</summary>
    public void Execute()
    {
        Volatile.Write(ref _posted, 0);
        Interlocked.MemoryBarrier();
        int prefix = piece.Prefix;
        try
        {
            if (!_isOver)
                Advance(prefix);
        }
        catch (StorageException e)
        {
            End();
            target.PieceNotWritten(this, e);
        }
        finally
        {
            target.BytesProcessed(piece.BytesOf(prefix) - piece.BytesOf(_accounted));
            _accounted = prefix;
        }
    }

    private void Advance(int prefix)
    {
        if (prefix == _hashed)
            return;

        _hash ??= HashPool.Rent();
        for (; _hashed < prefix; _hashed++)
            _hash.AppendData(piece.BlockAt(_hashed).Span);

        if (_hashed < piece.BlockCount)
        {
            if (piece.BytesOf(_hashed) - piece.BytesOf(_written) >= WriteRun)
                Write();
            return;
        }

        if (IsAsExpected())
        {
            Write();
            End();
            target.PieceGood(this);
        }
        else
        {
            IReadOnlyList<object> senders = Senders();
            End();
            target.PieceBad(this, senders);
        }
    }

    private bool IsAsExpected()
    {
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        _hash!.GetHashAndReset(digest);
        HashPool.Return(_hash);
        _hash = null;
        return digest.SequenceEqual(expectedHash.Span);
    }

    private void Write()
    {
        while (_written < _hashed)
        {
            int end = Math.Min(_hashed, _written + BlocksWrittenAtOnce);
            _run.Clear();
            for (int block = _written; block < end; block++)
                _run.Add(piece.BlockAt(block));
            target.Write(offset + piece.BytesOf(_written), _run);
            piece.ReleaseSlabs(_written, end);
            _written = end;
        }

        _run.Clear();
    }

    private List<object> Senders()
    {
        var senders = new List<object>();
        for (int block = 0; block < piece.BlockCount; block++)
        {
            if (!senders.Contains(piece.SenderOf(block)))
                senders.Add(piece.SenderOf(block));
        }

        return senders;
    }

    private void End()
    {
        _isOver = true;
        _hash?.Dispose();
        _hash = null;
        piece.Abandon();
    }
}
