namespace TorrentPatron.Engine.Storage;

/// <summary>A file that may have bytes of a torrent, wherever it lies.</summary>
/// <param name="Top">The folder that somebody has chosen; no link below it is followed.</param>
/// <param name="Path">The file's absolute path, below that folder.</param>
internal sealed record DataFile(string Top, string Path);
