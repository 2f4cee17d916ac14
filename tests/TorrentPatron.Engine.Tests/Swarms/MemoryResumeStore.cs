using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Resume data in memory that counts operations.</summary>
internal sealed class MemoryResumeStore : IResumeStore
{
    private readonly Lock _gate = new();
    private readonly List<int> _notes = [];

    /// <summary>The latest checkpoint; set it to choose what is loaded.</summary>
    public ResumeData? Data { get; set; }

    /// <summary>Saved states of other torrents, whatever their folders.</summary>
    public IReadOnlyList<SavedFiles> Others { get; init; } = [];

    /// <summary>Torrents that another process begins to start once this one's paths have been claimed.</summary>
    public IReadOnlyList<SavedFiles> Later { get; init; } = [];

    /// <summary>Number of times the paths were claimed.</summary>
    public int Claims { get; private set; }

    /// <summary>The warning of the next load.</summary>
    public TorrentError? LoadWarning { get; set; }

    /// <summary>The saved metadata of a torrent that was started by a link.</summary>
    public TorrentMetainfo? Metainfo { get; private set; }

    public int Checkpoints { get; private set; }

    public bool IsDisposed { get; private set; }

    public bool IsDiscarded { get; private set; }

    /// <summary>Whether anything was saved after the store had been closed.</summary>
    public bool WasUsedAfterDispose { get; private set; }

    /// <summary>Called during a checkpoint.</summary>
    public Action OnCheckpoint { get; set; } = static () => { };

    /// <summary>Called when a piece is noted.</summary>
    public Action OnPiece { get; set; } = static () => { };

    public int[] Notes
    {
        get
        {
            lock (_gate)
                return [.. _notes];
        }
    }

    public ResumeData? Load(out TorrentError? warning)
    {
        (warning, LoadWarning) = (LoadWarning, null);
        return Data;
    }

    public void MetadataReceived(TorrentMetainfo metainfo)
    {
        lock (_gate)
            Metainfo = metainfo;
    }

    public IReadOnlyList<SavedFiles> ClaimPaths(string root) => Claims++ == 0 ? Others : [.. Others, .. Later];

    public void PieceVerified(int piece)
    {
        OnPiece();
        lock (_gate)
        {
            WasUsedAfterDispose |= IsDisposed;
            _notes.Add(piece);
        }
    }

    public void Checkpoint(ResumeData data)
    {
        OnCheckpoint();
        lock (_gate)
        {
            WasUsedAfterDispose |= IsDisposed;
            _notes.Clear();
            Data = data;
            Checkpoints++;
        }
    }

    public void Discard()
    {
        lock (_gate)
            (Data, IsDiscarded, IsDisposed) = (null, true, true);
    }

    public void Dispose()
    {
        lock (_gate)
            IsDisposed = true;
    }
}
