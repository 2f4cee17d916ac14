using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The folder of a Unix domain socket: the user's own, closed to everybody else.</summary>
internal static class SocketFolder
{
    /// <summary>0700.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes the folder, or requires the one that is there to be as if it had been made.</summary>
    /// <param name="folder">Its path.</param>
    /// <exception cref="Service.Errors.TorrentException"><see cref="Engine.Client.TorrentErrorId.ServiceFolderUnsafe"/>.</exception>
    public static void Make(string folder)
    {
        try
        {
            // A folder that is there keeps its mode, in silence.
            if (!OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder, Mode);
            Check(folder, Find(folder), PosixFiles.EffectiveUser);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(folder) ? EndpointErrors.NotFolder(folder) : EndpointErrors.NotMade(folder, fault);
        }
    }

    /// <summary>What stands at a path; null: nothing. No link is followed.</summary>
    public static FileNode? Find(string path)
    {
        if (PosixFiles.AreThere || OperatingSystem.IsWindows())
            return PosixFiles.Find(path);

        // An old libc, which does not say whose it is: then the mode alone has to do.
        FileKind kind = new FileInfo(path).LinkTarget is not null ? FileKind.Link : Directory.Exists(path) ? FileKind.Folder : FileKind.Special;
        return File.Exists(path) || kind != FileKind.Special
            ? new FileNode(kind, null, 0, PosixFiles.EffectiveUser, File.GetUnixFileMode(path), 1, default) : null;
    }

    /// <summary>Requires a folder to be a user's own and closed to others.</summary>
    /// <param name="folder">Its path, for errors.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="user">The user.</param>
    internal static void Check(string folder, FileNode? found, uint user)
    {
        if (found is not { Kind: FileKind.Folder } node)
            throw EndpointErrors.NotFolder(folder);
        if (node.Owner != user)
            throw EndpointErrors.NotOwn(folder, node.Owner);
        if ((node.Permissions & Others) != 0)
            throw EndpointErrors.Open(folder, node.Permissions);
    }
}
