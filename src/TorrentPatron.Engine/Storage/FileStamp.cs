namespace TorrentPatron.Engine.Storage;

/// <summary>Length and time of a file, to detect changes.</summary>
/// <param name="Length">Length in bytes.</param>
/// <param name="LastWrite">Time of the last write, UTC.</param>
public readonly record struct FileStamp(long Length, DateTime LastWrite);
