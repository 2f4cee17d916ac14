namespace TorrentPatron.Engine.Storage;

/// <summary>A job for <see cref="DiskWorkers"/>: hashing, writing, reading.</summary>
internal interface IDiskJob
{
    /// <summary>
    /// Runs the job on a disk thread, and notifies its waiter. It handles its own failures. It must take milliseconds, not
    /// seconds: long work is divided into jobs that each post the next one, so that others get their turn.
    /// </summary>
    void Execute();
}
