using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Storage;

/// <summary>Describes the system's file errors in our words.</summary>
internal static class StorageErrors
{
    private const int Enospc = 28;
    private const int Erofs = 30;
    private const int EdquotLinux = 122;
    private const int EdquotMac = 69;
    private const int ErrorHandleDiskFull = unchecked((int)0x80070027);
    private const int ErrorDiskFull = unchecked((int)0x80070070);

    /// <summary>A file or folder could not be created or written.</summary>
    /// <param name="e">The system's exception; one of ours is returned unchanged.</param>
    /// <param name="path">The file or folder.</param>
    public static StorageException Write(Exception e, string path) => e switch
    {
        StorageException ours => ours,
        UnsafeFileException { FilePath: var at, IsLink: var isLink } => Unsafe(at, isLink),
        _ when IsDiskFull(e) => new(new TorrentError(TorrentErrorId.InsufficientDiskSpace,
            $"The disk is full: '{path}' could not be written.",
            "Free some space or choose another destination, and start the torrent again."), e),
        UnauthorizedAccessException => NotWritable($"'{path}' cannot be written: access is denied.", e),
        PathTooLongException => TooLong(path, e),
        IOException { HResult: Erofs } when !OperatingSystem.IsWindows() =>
            NotWritable($"'{path}' cannot be written: the file system is read-only.", e),
        _ => new(new TorrentError(TorrentErrorId.DiskWriteFailed, $"'{path}' could not be written: {Sentence(e)}",
            "Check the disk and the file's permissions, and start the torrent again."), e),
    };

    /// <summary>A file could not be read.</summary>
    /// <param name="e">The system's exception; one of ours is returned unchanged.</param>
    /// <param name="path">The file.</param>
    public static StorageException Read(Exception e, string path) => e switch
    {
        StorageException ours => ours,
        UnsafeFileException { IsLink: true, FilePath: var at } => new(new TorrentError(TorrentErrorId.DiskReadFailed,
            $"'{at}' is a symbolic link to data that has not been checked.",
            "Resume the torrent to check the data behind the link, or replace the link with the file itself."), e),
        UnsafeFileException { FilePath: var at } => new(new TorrentError(TorrentErrorId.DiskReadFailed,
            $"'{at}' is not a plain file, but a pipe, a socket or a device.", "Put the file there, or remove the item, and resume the torrent."), e),
        FileNotFoundException or DirectoryNotFoundException => Gone($"'{path}' does not exist.", e),
        UnauthorizedAccessException => new(new TorrentError(TorrentErrorId.DiskReadFailed,
            $"'{path}' cannot be read: access is denied.", "Grant read access to the file, and start the torrent again."), e),
        _ => new(new TorrentError(TorrentErrorId.DiskReadFailed, $"'{path}' could not be read: {Sentence(e)}",
            "Check the disk, and start the torrent again."), e),
    };

    /// <summary>Another program has locked a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isOver">Whether the wait for it has timed out.</param>
    public static TorrentError Held(string path, bool isOver) => isOver
        ? new(TorrentErrorId.FileInUse, $"'{path}' has been in use by another program for {SharingViolation.LongPatience.TotalSeconds:N0} s.",
            "Close the file in that program, and resume the torrent.")
        : new(TorrentErrorId.FileInUse, $"'{path}' is in use by another program; the torrent is waiting for it.",
            "It continues by itself when the file is free.");

    /// <summary>The space before the bytes to be written has not been filled yet.</summary>
    /// <param name="path">The file.</param>
    public static StorageException Filling(string path) => new(new TorrentError(
        TorrentErrorId.DiskWriteFailed, $"'{path}' is still being filled with zeros.", "Start the torrent again.")) { IsFilling = true };

    /// <summary>Files were copied to their new place, but could not be deleted at the old one.</summary>
    /// <param name="files">Their paths.</param>
    public static TorrentError LeftBehind(IReadOnlyList<string> files) => new(TorrentErrorId.MoveFailed,
        $"'{files[0]}'{(files.Count > 1 ? $" and {files.Count - 1} more" : "")} could not be deleted after the torrent was copied to its new place.",
        "Delete the files at the old place if you do not need them.");

    /// <summary>Links of a torrent were not moved with it.</summary>
    /// <param name="reasons">The reasons, a sentence each.</param>
    public static TorrentError LinksLeft(IReadOnlyList<string> reasons) => new(TorrentErrorId.AttributeNotSet,
        reasons[0] + (reasons.Count > 1 ? $" The same happened to {reasons.Count - 1:N0} more files." : ""), "The files that were kept are at the torrent's old place.");

    /// <summary>A file ends before the bytes to be read.</summary>
    /// <param name="path">The file.</param>
    public static StorageException Short(string path) => Gone($"'{path}' is shorter than it should be.", null);

    /// <summary>The destination cannot be used.</summary>
    /// <param name="message">The reason, as a sentence.</param>
    /// <param name="e">The system's exception.</param>
    public static StorageException NotWritable(string message, Exception? e = null) =>
        new(new TorrentError(TorrentErrorId.DestinationNotWritable, message,
            "Choose a writable destination, or change its permissions."), e);

    /// <summary>The saved destination leads to a different place than before.</summary>
    public static StorageException LeadsElsewhere(string destination, string before, string now) => new(new TorrentError(
        TorrentErrorId.DestinationNotWritable,
        $"'{destination}' now leads to '{now}'; when the torrent was started it led to '{before}'.",
        "If that is intended, start the torrent with its destination: Start-Torrent -Destination, or patron start --destination."));

    /// <summary>A link, a pipe or the like is in the place of a file or folder of the torrent.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="isLink">Whether it is a link.</param>
    public static StorageException Unsafe(string path, bool isLink) => isLink ? Link(path) : new(new TorrentError(
        TorrentErrorId.DestinationNotWritable, $"'{path}' is not a plain file, but a pipe, a socket or a device.",
        "Remove it, or choose another destination."));

    /// <summary>A link is in the place of a file or folder of the torrent.</summary>
    /// <param name="path">The link.</param>
    public static StorageException Link(string path) =>
        new(new TorrentError(TorrentErrorId.DestinationNotWritable,
            $"'{path}' is a symbolic link, and torrent data is not written through links.",
            "Remove the link, or choose another destination."));

    /// <summary>Another torrent has a path that this one needs.</summary>
    /// <param name="taken">The file, and the other torrent.</param>
    /// <param name="torrent">This torrent.</param>
    public static StorageException PathInUse(SharedFile taken, TorrentId torrent) => new(taken.OtherTorrent == torrent
        ? new TorrentError(TorrentErrorId.PathInUse,
            $"'{taken.Path}' is in use by the same torrent, running in another service of this process.",
            "Stop it there, or choose another destination.")
        : new TorrentError(TorrentErrorId.PathInUse,
            $"'{taken.Path}' is also a file of the torrent '{taken.OtherName}' ({taken.OtherTorrent}).",
            "Choose another destination, or remove the other torrent first."));

    /// <summary>An existing file is not the torrent's.</summary>
    /// <param name="message">The file and the reason, as a sentence.</param>
    public static StorageException Foreign(string message) => new(new TorrentError(
        TorrentErrorId.ForeignFile, message, "Move the file away, choose another destination, or deselect the file."));

    /// <summary>A file at its raw path is read-only.</summary>
    /// <param name="path">The file.</param>
    public static StorageException Raw(string path) =>
        NotWritable($"'{path}' is read-only here: it has the unsafe name that the torrent gives, and nothing is written under that name.");

    /// <summary>A torrent that only seeds lacks data.</summary>
    /// <param name="message">The missing data, as a sentence.</param>
    public static StorageException Incomplete(string message) => new(new TorrentError(
        TorrentErrorId.DataIncomplete, message,
        "Set the destination to the folder that contains the torrent's file or folder, or allow the torrent to download."));

    /// <summary>A path, or a name in it, is longer than the system or the file system supports.</summary>
    /// <param name="path">The path.</param>
    /// <param name="e">The system's exception.</param>
    public static StorageException TooLong(string path, Exception? e = null) =>
        new(new TorrentError(TorrentErrorId.DestinationNotWritable,
            $"A path in the torrent is too long for this file system: '{path}'.", "Choose a destination with a shorter path."), e);

    /// <summary>There is less space than needed.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="needed">Bytes to be written.</param>
    /// <param name="available">Bytes available.</param>
    /// <param name="keepFree">Bytes of those that must stay free.</param>
    public static StorageException NoRoom(string destination, long needed, long available, long keepFree)
    {
        string ofWhich = keepFree == 0 ? "" : $", of which {keepFree:N0} must stay free";
        return new StorageException(new TorrentError(TorrentErrorId.InsufficientDiskSpace,
            $"The torrent needs {needed:N0} more bytes in '{destination}', which has {available:N0} free{ofWhich}.",
            "Free some space, skip some of its files, or choose another destination."));
    }

    /// <summary>The new path of a file to be moved is taken.</summary>
    /// <param name="path">The path.</param>
    public static StorageException InTheWay(string path) => MoveFailed($"'{path}' already exists; files are never overwritten.", null);

    /// <summary>A torrent's files could not be moved.</summary>
    /// <param name="e">The system's exception; one of ours keeps its message.</param>
    /// <param name="destination">The new destination.</param>
    public static StorageException Move(Exception e, string destination) => e switch
    {
        StorageException { Error.Id: TorrentErrorId.MoveFailed or TorrentErrorId.InsufficientDiskSpace } ours => ours,
        StorageException ours => MoveFailed(ours.Error.Message, ours),
        UnsafeFileException { FilePath: var at, IsLink: var isLink } => MoveFailed(Unsafe(at, isLink).Error.Message, e),
        _ => MoveFailed($"The files could not be moved to '{destination}': {Sentence(e)}", e),
    };

    /// <summary>Less space is free than must stay free.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="minimum">Bytes that must stay free.</param>
    /// <param name="available">Bytes available.</param>
    public static TorrentError TooLittleFree(string destination, long minimum, long available) =>
        new(TorrentErrorId.InsufficientDiskSpace,
            $"Only {available:N0} bytes are free on the disk of '{destination}', and {minimum:N0} must stay free.",
            "Free some space or lower the limit, and resume the torrent.");

    private static StorageException MoveFailed(string message, Exception? e) => new(new TorrentError(
        TorrentErrorId.MoveFailed, message, "The torrent continues at its old place. Choose another destination, or remove the obstacle."), e);

    private static StorageException Gone(string message, Exception? e) =>
        new(new TorrentError(TorrentErrorId.DiskReadFailed, message,
            "Put the file back, or recheck the torrent to download the missing data again."), e);

    private static bool IsDiskFull(Exception e) => OperatingSystem.IsWindows()
        ? e.HResult is ErrorDiskFull or ErrorHandleDiskFull
        : e.HResult == Enospc || e.HResult == (OperatingSystem.IsMacOS() ? EdquotMac : EdquotLinux);

    private static string Sentence(Exception e) => e.Message.EndsWith('.') ? e.Message : e.Message + ".";
}
