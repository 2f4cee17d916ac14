namespace TorrentPatron.Engine.Storage;

/// <summary>A file anywhere on the machine that may contain bytes of a torrent.</summary>
/// <param name="Top">The folder that a user chose; no link below it is followed.</param>
/// <param name="Path">The file's absolute path, below that folder.</param>
internal sealed record DataFile(string Top, string Path);
