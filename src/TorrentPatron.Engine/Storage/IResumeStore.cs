using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Where one torrent's resume data is kept. Whoever makes it holds the torrent's lock in it; disposing gives the lock back.
/// </summary>
/// <remarks>
/// The methods block on the disk, so the engine calls them from its disk threads only, one at a time but for
/// <see cref="PieceVerified"/>, which may come from several threads at once.
/// </remarks>
public interface IResumeStore : IDisposable
{
    /// <summary>What was saved; null where there is nothing, or nothing that could be read.</summary>
    /// <param name="warning">What was wrong with the saved state that was set aside; null where nothing was.</param>
    ResumeData? Load(out TorrentError? warning);

    /// <summary>
    /// Takes what is in a torrent that was started by a link, and saves it, so that it need not be fetched again. Before this no
    /// piece can be noted, and what is saved has none.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <exception cref="IOException">The state folder cannot be written.</exception>
    void MetadataReceived(TorrentMetainfo metainfo);

    /// <summary>
    /// Notes where the torrent's files are, or are to be, and finds the torrents that are saved beside it and have theirs there, above it or
    /// below it: those that do not run, and those that other processes run. Those of this process are known without it.
    /// </summary>
    /// <param name="root">The torrent's file or top folder, an absolute path whose links were followed.</param>
    IReadOnlyList<SavedFiles> ClaimPaths(string root) => [];

    /// <summary>Finds the files of a torrent that is saved beside it and does not run.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The files; null if the torrent is not saved, cannot be read, or runs in this process or another.</returns>
    SavedFiles? FindStopped(TorrentId torrent) => null;

    /// <summary>
    /// Notes that a piece is verified and written, so that it outlives a kill before the next checkpoint. A note that cannot be
    /// written is lost, and no error: after a crash the piece is hashed again.
    /// </summary>
    /// <param name="piece">Index of the piece.</param>
    void PieceVerified(int piece);

    /// <summary>Saves everything, by write-new-then-rename. After it the notes of <see cref="PieceVerified"/> before it are moot.</summary>
    /// <param name="data">What to save.</param>
    /// <exception cref="IOException">The state folder cannot be written.</exception>
    void Checkpoint(ResumeData data);

    /// <summary>Deletes all that is saved, and gives the lock back: the torrent is forgotten. The last call but for disposing.</summary>
    void Discard();
}
