namespace TorrentPatron.Engine.Storage;

/// <summary>Thrown for an item that is not opened because it is a link, or neither a file nor a folder.</summary>
public sealed class UnsafeFileException : IOException
{
    /// <summary>Creates the exception for an item.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="isLink">Whether it is a link; otherwise it is a pipe, a socket or a device.</param>
    public UnsafeFileException(string path, bool isLink)
        : base($"'{path}' is {(isLink ? "a symbolic link" : "a pipe, a socket or a device")}, not a plain file.") =>
        (FilePath, IsLink) = (path, isLink);

    /// <summary>The item's path.</summary>
    public string FilePath { get; }

    /// <summary>Whether it is a link.</summary>
    public bool IsLink { get; }
}
