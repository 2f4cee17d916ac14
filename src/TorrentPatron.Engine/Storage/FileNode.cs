namespace TorrentPatron.Engine.Storage;

/// <summary>The kind of an item in the file system.</summary>
internal enum FileKind
{
    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link or, on Windows, another kind of redirection.</summary>
    Link,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A socket or a device.</summary>
    Special,
}

/// <summary>The metadata of a file system item.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Identity">Its identity; null if the system does not provide it.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Owner">Id of the user who owns it.</param>
/// <param name="Permissions">Its permissions, with the bits of <see cref="UnixFileMode"/>.</param>
/// <param name="Links">The number of its names.</param>
/// <param name="LastWrite">The last-write time: seconds and nanoseconds, in the system's form.</param>
internal readonly record struct FileNode(
    FileKind Kind, FileIdentity? Identity, long Length, uint Owner, UnixFileMode Permissions, uint Links, (long Seconds, uint Nanoseconds) LastWrite)
{
    /// <summary>
    /// Whether a regular file is still the one that was seen, as far as the system can tell. Some file systems (FAT, exFAT, many
    /// on FUSE) change a file's number after a while: there length and time decide.
    /// </summary>
    /// <param name="seen">The file's earlier metadata.</param>
    public bool IsStill(FileNode seen) => Kind == FileKind.Regular && seen.Kind == FileKind.Regular
        && (Identity is not { } now || seen.Identity is not { } before || now == before
            || (now.Volume == before.Volume && Length == seen.Length && LastWrite == seen.LastWrite));
}
