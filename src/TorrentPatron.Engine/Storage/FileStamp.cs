namespace TorrentPatron.Engine.Storage;

/// <summary>By what a changed file is recognised.</summary>
/// <param name="Length">Length in bytes.</param>
/// <param name="LastWrite">Time of the last write, UTC.</param>
public readonly record struct FileStamp(long Length, DateTime LastWrite);
