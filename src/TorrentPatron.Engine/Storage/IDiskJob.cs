namespace TorrentPatron.Engine.Storage;

/// <summary>Something that <see cref="DiskWorkers"/> do: hash, write, read.</summary>
internal interface IDiskJob
{
    /// <summary>
    /// Does it, on a disk thread, and tells whoever waits for it. It handles its own failures; and it takes milliseconds,
    /// not seconds: long work is cut into jobs of which each posts the next, so that others get their turn in between.
    /// </summary>
    void Execute();
}
