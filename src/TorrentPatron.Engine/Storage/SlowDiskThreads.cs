namespace TorrentPatron.Engine.Storage;

/// <summary>The threads of torrents whose disk is slow.</summary>
/// <param name="Pieces">Hashes and writes pieces.</param>
/// <param name="Reads">Reads what peers ask for: it must not wait for all that is to be written.</param>
internal sealed record SlowDiskThreads(IDiskWorker Pieces, IDiskWorker Reads);
