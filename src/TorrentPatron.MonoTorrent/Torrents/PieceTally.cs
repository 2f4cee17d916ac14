using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>Which pieces of a torrent are here, and which are wanted. Thread-safe.</summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="layout">Which bytes lie in which file.</param>
internal sealed class PieceTally(TorrentMetainfo metainfo, FileLayout layout)
{
    private readonly Lock _gate = new();
    private Bitfield _verified = new(metainfo.PieceCount);
    private Bitfield _wanted = new(metainfo.PieceCount);
    private long _wantedBytes;
    private long _completedBytes;

    /// <summary>Size of all pieces that are not here, wanted or not.</summary>
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

    /// <summary>How many of the pieces are here.</summary>
    public PieceProgress Progress
    {
        get
        {
            lock (_gate)
                return new PieceProgress(_wantedBytes, _completedBytes, _verified.Count);
        }
    }

    /// <summary>Whether every wanted piece is here.</summary>
    public bool IsComplete => Progress.IsComplete;

    /// <summary>Whether a piece is here.</summary>
    public bool Has(int piece)
    {
        lock (_gate)
            return _verified[piece];
    }

    /// <summary>The pieces that are here: a copy.</summary>
    public Bitfield Verified()
    {
        lock (_gate)
            return _verified.Clone();
    }

    /// <summary>Begins anew with other pieces.</summary>
    public void Reset(Bitfield verified)
    {
        lock (_gate)
        {
            _verified = verified.Clone();
            Count();
        }
    }

    /// <summary>Wants the pieces of files that are wanted.</summary>
    /// <param name="priorities">Priority of each file; empty: all normal.</param>
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

    /// <summary>A piece has come.</summary>
    /// <returns>Whether it was not here before.</returns>
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
