using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>The verified and wanted pieces of a torrent. Thread-safe.</summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="layout">Maps bytes to files.</param>
internal sealed class PieceTally(TorrentMetainfo metainfo, FileLayout layout)
{
    private readonly Lock _gate = new();
    private Bitfield _verified = new(metainfo.PieceCount);
    private Bitfield _wanted = new(metainfo.PieceCount);
    private long _wantedBytes;
    private long _completedBytes;

    /// <summary>Size of all missing pieces, wanted or not.</summary>
    public long MissingBytes
    {
        get
        {
            lock (_gate)
            {
                long missing = metainfo.TotalSize;
                foreach (int piece in _verified.Ones)
                    missing -= layout.PieceSize(piece);
                return missing;
            }
        }
    }

    /// <summary>The count of verified pieces.</summary>
    public PieceProgress Progress
    {
        get
        {
            lock (_gate)
                return new PieceProgress(_wantedBytes, _completedBytes, _verified.Count);
        }
    }

    /// <summary>Whether every wanted piece is verified.</summary>
    public bool IsComplete => Progress.IsComplete;

    /// <summary>Whether a piece is verified.</summary>
    public bool Has(int piece)
    {
        lock (_gate)
            return _verified[piece];
    }

    /// <summary>A copy of the verified pieces.</summary>
    public Bitfield Verified()
    {
        lock (_gate)
            return _verified.Clone();
    }

    /// <summary>Replaces the verified pieces.</summary>
    public void Reset(Bitfield verified)
    {
        lock (_gate)
        {
            _verified = verified.Clone();
            Count();
        }
    }

    /// <summary>Changes which files are wanted.</summary>
    /// <param name="priorities">Priority of each file; empty means all normal.</param>
    public void Want(IReadOnlyList<FilePriority> priorities)
    {
        var wanted = new Bitfield(metainfo.PieceCount);
        byte[] priorityOf = PiecePriorities.Of(metainfo, priorities);
        for (int piece = 0; piece < priorityOf.Length; piece++)
        {
            if (priorityOf[piece] > 0)
                wanted.Set(piece);
        }

        lock (_gate)
        {
            _wanted = wanted;
            Count();
        }
    }

    /// <summary>Adds a verified piece.</summary>
    /// <returns>Whether it was missing before.</returns>
    public bool Add(int piece)
    {
        lock (_gate)
        {
            if (!_verified.Set(piece))
                return false;
            if (_wanted[piece])
                _completedBytes += layout.PieceSize(piece);
            return true;
        }
    }

    private void Count()
    {
        long wanted = 0, completed = 0;
        foreach (int piece in _wanted.Ones)
        {
            wanted += layout.PieceSize(piece);
            if (_verified[piece])
                completed += layout.PieceSize(piece);
        }

        (_wantedBytes, _completedBytes) = (wanted, completed);
    }
}
