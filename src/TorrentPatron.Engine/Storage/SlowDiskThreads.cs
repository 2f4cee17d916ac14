namespace TorrentPatron.Engine.Storage;

/// <summary>The threads for torrents on a slow disk.</summary>
/// <param name="Pieces">Hashes and writes pieces.</param>
/// <param name="Reads">Reads blocks for peers, which must not wait for pending writes.</param>
internal sealed record SlowDiskThreads(IDiskWorker Pieces, IDiskWorker Reads);
