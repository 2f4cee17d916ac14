namespace TorrentPatron.Engine.Storage;

/// <summary>What stands at a path is not opened: it is a link, or neither a file nor a folder.</summary>
public sealed class UnsafeFileException : IOException
{
    /// <summary>Says that something is in the way.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="isLink">Whether it is a link; else a pipe, a socket or a device.</param>
    public UnsafeFileException(string path, bool isLink)
        : base($"'{path}' is {(isLink ? "a symbolic link" : "a pipe, a socket or a device")}, not a plain file.") =>
        (FilePath, IsLink) = (path, isLink);

    /// <summary>Where it stands.</summary>
    public string FilePath { get; }

    /// <summary>Whether it is a link.</summary>
    public bool IsLink { get; }
}
