using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Hashes an active piece's blocks as they arrive and writes them. Runs on the torrent's disk thread, so nothing here is locked.
/// Usually a piece is never read back for verification.
/// </summary>
/// <remarks>
/// A piece of up to <see cref="WriteRun"/> bytes is verified before any of it is written. A longer one is written in runs of that
/// size, so that it need not be in memory as a whole. Blocks in memory are also written when they are too many or too old
/// (<see cref="WriteOut"/>), and when the torrent stops (<see cref="Park"/>). Blocks written before their turn, in this session
/// or an earlier one, are read back when their turn to be hashed comes.
/// </remarks>
internal sealed class PieceFinisher(ActivePiece piece, PieceVerifier verifier, long offset, IPieceDisk disk, IPieceResults results)
    : IDiskJob
{
    /// <summary>The number of hashed bytes of a longer piece after which they are written.</summary>
    public const int WriteRun = 4 << 20;

    /// <summary>Bytes read back at once before the disk thread's other jobs get their turn.</summary>
    public const int ReadBackSlice = 4 << 20;

    /// <summary>
    /// Blocks per system call: 64 KiB. Measured on Linux: a call for 256 KiB takes a little more kernel time for the same bytes,
    /// one for 16 KiB nearly twice and one for 1 MiB more than twice as much.
    /// </summary>
    private const int BlocksWrittenAtOnce = 4;

    private readonly List<ReadOnlyMemory<byte>> _run = [];
    private PieceHash? _hash;
    private byte[]? _readBack;
    private int _posted;

    // Blocks from an earlier session have never counted as waiting.
    private int _accounted = piece.Prefix;
    private int _hashed;
    private int _written;
    private volatile bool _isWriteOutAsked;
    private volatile bool _isParkAsked;
    private bool _isOver;
    private bool _isHeldUp;

    /// <summary>Whether the piece is verified but not written yet.</summary>
    private bool _isGood;
    private BlockFingerprints? _prints;

    /// <summary>Whether the piece is complete with a wrong hash, and waits for the hashes of its blocks.</summary>
    private bool _isBad;

    /// <summary>The blocks that match their own hashes; null until there is one.</summary>
    private Bitfield? _good;

    /// <summary>The piece.</summary>
    public ActivePiece Piece => piece;

    /// <summary>
    /// Schedules the work after blocks have been added. Cheap if already queued; call it once per batch of blocks.
    /// </summary>
    public void Post()
    {
        if (Interlocked.Exchange(ref _posted, 1) == 0)
            disk.Post(this);
    }

    /// <summary>
    /// Requests writing all blocks in memory, verified or not, so that they leave memory and survive the process.
    /// </summary>
    public void WriteOut()
    {
        _isWriteOutAsked = true;
        Post();
    }

    /// <summary>
    /// Requests setting the piece aside: its blocks are written, and <see cref="IPieceResults.PieceParked"/> receives those on
    /// disk, unless the piece turns out to be complete first. No more of its blocks are reserved.
    /// </summary>
    public void Park()
    {
        piece.Retire(onlyIfUntouched: false);
        _isParkAsked = true;
        Post();
    }

    /// <summary>Hashes and writes what is possible; called by the disk thread.</summary>
    public void Execute()
    {
        Volatile.Write(ref _posted, 0);
        Interlocked.MemoryBarrier();
        int prefix = piece.Prefix;
        try
        {
            Continue(prefix);
        }
#pragma warning disable CA1031 // The root of the work on a piece: a fault ends this torrent only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            End();
            results.PieceFaulted(this, e);
        }
        finally
        {
            Account(_isOver ? prefix : _hashed);
        }
    }

    private void Continue(int prefix)
    {
        try
        {
            if (!_isOver)
                Advance(prefix);
            if (!_isOver && (_isWriteOutAsked || _isParkAsked))
                WriteInMemory(_written, piece.BlockCount);
            _isWriteOutAsked = false;
            if (!_isOver && _isParkAsked)
                results.PieceParked(this, EndAndKeep());
            SetHeldUp(false);
        }
        catch (StorageException e) when (e.IsHeld && !_isParkAsked)
        {
            // The blocks stay in memory, and are written when the file is free.
            SetHeldUp(true);
            disk.PostLater(this);
        }
        catch (StorageException e) when (e.IsFilling && !_isParkAsked)
        {
            SetHeldUp(true);
            Post();
        }
        catch (StorageException e)
        {
            results.PieceNotWritten(this, EndAndKeep(), e);
        }
    }

    private void SetHeldUp(bool isHeldUp)
    {
        if (_isHeldUp == isHeldUp)
            return;
        _isHeldUp = isHeldUp;
        disk.HeldUp(isHeldUp);
    }

    private void Account(int blocks)
    {
        if (blocks <= _accounted)
            return;
        disk.BytesProcessed(piece.BytesOf(blocks) - piece.BytesOf(_accounted));
        _accounted = blocks;
    }

    private void Advance(int prefix)
    {
        if (_isGood)
        {
            Finish();
            return;
        }

        if (_isBad)
        {
            if (!piece.AreLeavesAsked)
                Mend();
            return;
        }

        if (piece.Leaves is { } leaves && TryDropWrong(leaves, isComplete: false))
        {
            // Continues with the rest.
            Post();
            return;
        }

        if (prefix == _hashed && prefix < piece.BlockCount)
        {
            WriteRunOut();
            return;
        }

        _hash ??= verifier.Begin(piece.Index);
        int readBack = 0;
        for (; _hashed < prefix; _hashed++)
        {
            if (piece.IsWritten(_hashed) && ++readBack > ReadBackSlice / BlockRequest.BlockLength)
            {
                Post();
                return;
            }

            _hash.Append(Block(_hashed).Span);
        }

        if (_hashed < piece.BlockCount)
        {
            WriteRunOut();
            return;
        }

        if (IsAsExpected())
        {
            _isGood = true;
            Finish();
        }
        else
        {
            Account(piece.BlockCount);
            _isBad = piece.Leaves is null && results.AskForLeaves(this);
            if (!_isBad)
                Mend();
        }
    }

    /// <summary>
    /// Continues with a complete piece whose hash is wrong: drops the blocks that fail their own hashes, if those are known, or
    /// else the most suspicious ones.
    /// </summary>
    private void Mend()
    {
        _isBad = false;
        if (piece.Leaves is { } leaves && TryDropWrong(leaves, isComplete: true))
            return;
        if (!TryMend(piece.DropRestored(), prints: null))
            Mend(TakePrints());
    }

    /// <summary>Drops the blocks that fail their own hashes; in an incomplete piece, only those in memory.</summary>
    /// <returns>Whether there were any.</returns>
    private bool TryDropWrong(byte[] leaves, bool isComplete)
    {
        _good ??= new Bitfield(piece.BlockCount);
        var wrong = new HashSet<int>();
        HashSet<IBlockSource>? good = null;
        long restored = 0, received = 0;
        for (int block = 0; block < piece.BlockCount; block++)
        {
            if (_good[block] || !(isComplete || piece.IsInMemory(block)))
                continue;
            if (verifier.IsBlock(piece.Index, block, Block(block).Span, leaves))
            {
                _good.Set(block);
                if (piece.SenderOf(block) is { } sender)
                    (good ??= []).Add(sender);
                continue;
            }

            wrong.Add(block);
            (piece.SenderOf(block) is null ? ref restored : ref received) += piece.RangeOf(block).Length;
        }

        if (good is not null)
            results.BlocksGood(good);
        if (wrong.Count == 0)
            return false;
        IBlockSource[] senders = [.. wrong.Select(piece.SenderOf).OfType<IBlockSource>().Distinct()];
        piece.Drop(wrong, senders, out int before, out int after);
        // Blocks that are downloaded again wait again.
        if (before > Math.Max(after, _accounted))
            disk.BytesProcessed(piece.BytesOf(before) - piece.BytesOf(Math.Max(after, _accounted)));
        _accounted = Math.Min(_accounted, after);
        _written = Math.Min(_written, after);
        if (after < _hashed)
        {
            _hash?.Dispose();
            (_hash, _hashed) = (null, 0);
        }

        results.BlocksWrong(this, new WrongBlocks(received, restored, senders, isComplete));
        return true;
    }

    /// <summary>Writes the hashed data, if there is much of it.</summary>
    private void WriteRunOut()
    {
        if (piece.BytesOf(_hashed) - piece.BytesOf(_written) >= WriteRun)
            Write();
    }

    /// <summary>Writes the rest of a good piece. Called again if that failed because another program has locked a file.</summary>
    private void Finish()
    {
        if (_prints is null && results.IsSuspect(piece.Index))
            _prints = TakePrints();
        Write();
        End();
        results.PieceGood(this, _prints);
    }

    private bool IsAsExpected()
    {
        using PieceHash hash = _hash!;
        _hash = null;
        return verifier.Verify(piece.Index, hash);
    }

    /// <summary>
    /// Continues with a complete piece whose hash is wrong, without the blocks of one of its senders. The others' blocks are kept
    /// despite one wrong block; and once the piece is good it shows who sent that.
    /// </summary>
    private void Mend(BlockFingerprints prints)
    {
        if (TryMend(piece.DropSuspect(), prints))
            return;
        End();
        results.PieceBad(this, prints);
    }

    /// <summary>
    /// Restarts the piece without the dropped blocks: first those of an earlier session, which a crash may have damaged.
    /// </summary>
    /// <returns>False if nothing was dropped.</returns>
    private bool TryMend(long dropped, BlockFingerprints? prints)
    {
        if (dropped == 0)
            return false;
        (_hashed, _written, _accounted) = (0, 0, piece.Prefix);
        results.BlocksDropped(this, dropped, prints);
        return true;
    }

    /// <summary>A received block; one that has been written is read back, into memory that the next call reuses.</summary>
    private ReadOnlyMemory<byte> Block(int block)
    {
        if (!piece.IsWritten(block))
            return piece.BlockAt(block);
        BlockRequest range = piece.RangeOf(block);
        Memory<byte> buffer = (_readBack ??= new byte[BlockRequest.BlockLength]).AsMemory(0, range.Length);
        disk.Read(offset + range.Begin, buffer.Span);
        return buffer;
    }

    private void Write()
    {
        WriteInMemory(_written, _hashed);
        _written = _hashed;
    }

    /// <summary>Writes the blocks in a range that are in memory, and releases them.</summary>
    private void WriteInMemory(int first, int end)
    {
        for (int block = first; block < end;)
        {
            _run.Clear();
            int begin = block;
            for (; block < end && _run.Count < BlocksWrittenAtOnce && piece.IsInMemory(block); block++)
                _run.Add(piece.BlockAt(block));
            if (_run.Count == 0)
            {
                block++;
                continue;
            }

            disk.Write(offset + piece.BytesOf(begin), _run);
            piece.ReleaseSlabs(begin, block);
        }

        _run.Clear();
    }

    private BlockFingerprints TakePrints()
    {
        var fingerprints = new UInt128[piece.BlockCount];
        var senders = new IBlockSource?[piece.BlockCount];
        for (int block = 0; block < piece.BlockCount; block++)
        {
            fingerprints[block] = verifier.FingerprintOf(Block(block).Span);
            senders[block] = piece.SenderOf(block);
        }

        return new BlockFingerprints(fingerprints, senders);
    }

    /// <returns>The blocks on disk; null means none.</returns>
    private Bitfield? EndAndKeep()
    {
        Bitfield? written = piece.WrittenBlocks();
        End();
        return written;
    }

    private void End()
    {
        _isOver = true;
        SetHeldUp(false);
        _hash?.Dispose();
        (_hash, _readBack) = (null, null);
        piece.Abandon();
    }
}
