namespace TorrentPatron.Engine.Storage;

/// <summary>What stands at a path.</summary>
internal enum FileKind
{
    /// <summary>A file with bytes in it.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link or, on Windows, what leads elsewhere like one.</summary>
    Link,

    /// <summary>A pipe, from which bytes come when somebody writes into it.</summary>
    Pipe,

    /// <summary>A socket or a device.</summary>
    Special,
}

/// <summary>What the system knows of a file or folder.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Identity">Which it is; null where the system does not tell.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Owner">Id of the user who owns it.</param>
/// <param name="Permissions">Who may do what, with the bits of <see cref="UnixFileMode"/>.</param>
/// <param name="Links">Number of its names.</param>
/// <param name="LastWrite">When it was last written: seconds and nanoseconds, as the system has them.</param>
internal readonly record struct FileNode(
    FileKind Kind, FileIdentity? Identity, long Length, uint Owner, UnixFileMode Permissions, uint Links, (long Seconds, uint Nanoseconds) LastWrite)
{
    /// <summary>
    /// Whether a plain file is the one that was seen, as far as the system tells. Some file systems (FAT, exFAT, many by FUSE) give a file
    /// a new number after a while: there length and time tell.
    /// </summary>
    /// <param name="seen">The file as it was found.</param>
    public bool IsStill(FileNode seen) => Kind == FileKind.Regular && seen.Kind == FileKind.Regular
        && (Identity is not { } now || seen.Identity is not { } before || now == before
            || (now.Volume == before.Volume && Length == seen.Length && LastWrite == seen.LastWrite));
}
