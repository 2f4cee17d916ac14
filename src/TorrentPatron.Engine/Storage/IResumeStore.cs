using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The storage of one torrent's resume data. It holds the torrent's lock from its creation until it is disposed.
/// </summary>
/// <remarks>
/// The methods block on the disk, so the engine calls them only on its disk threads, one at a time, except for
/// <see cref="PieceVerified"/>, which may be called by several threads at once.
/// </remarks>
public interface IResumeStore : IDisposable
{
    /// <summary>Loads the saved data; null if there is none, or none that could be read.</summary>
    /// <param name="warning">The problem with saved state that was moved aside; null if there was none.</param>
    ResumeData? Load(out TorrentError? warning);

    /// <summary>
    /// Saves the metadata of a torrent that was started from a link, so that it need not be fetched again. Before this no piece
    /// can be noted or saved.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <exception cref="IOException">The state folder cannot be written.</exception>
    void MetadataReceived(TorrentMetainfo metainfo);

    /// <summary>
    /// Records the current or future location of the torrent's files, and finds saved torrents whose files are there, above it or
    /// below it: those that are not running, and those that other processes run. Torrents of this process are known without it.
    /// </summary>
    /// <param name="root">The torrent's file or top folder, an absolute path with links resolved.</param>
    IReadOnlyList<SavedFiles> ClaimPaths(string root) => [];

    /// <summary>Finds the files of another saved torrent that is not running.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The files; null if the torrent is not saved, cannot be read, or runs in this process or another.</returns>
    SavedFiles? FindStopped(TorrentId torrent) => null;

    /// <summary>Finds other saved torrents that are not running in this process, also those of earlier runs, by the lengths of their files.</summary>
    /// <param name="lengths">The lengths in bytes.</param>
    /// <returns>The ids of some dozen torrents at most; those with the longest files first.</returns>
    IReadOnlyList<TorrentId> FindStopped(IEnumerable<long> lengths) => [];

    /// <summary>
    /// Notes that a piece is verified and written, so that it survives a kill before the next checkpoint. A note that cannot be
    /// written is lost without an error: after a crash the piece is hashed again.
    /// </summary>
    /// <param name="piece">Index of the piece.</param>
    void PieceVerified(int piece);

    /// <summary>
    /// Saves everything with write-new-then-rename, which makes earlier notes from <see cref="PieceVerified"/> obsolete.
    /// </summary>
    /// <param name="data">The data to save.</param>
    /// <exception cref="IOException">The state folder cannot be written.</exception>
    void Checkpoint(ResumeData data);

    /// <summary>Deletes everything saved, and releases the lock. The last call except for disposal.</summary>
    void Discard();
}
