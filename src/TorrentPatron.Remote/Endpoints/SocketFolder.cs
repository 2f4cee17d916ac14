using System.Globalization;
using System.Runtime.Versioning;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The folder of a Unix domain socket: the user's own, closed to everybody else.</summary>
internal static class SocketFolder
{
    /// <summary>0700.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>0755: of a service that several users share. Who comes in is decided by the socket's mode and by the service.</summary>
    private const UnixFileMode SharedMode = Mode | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const uint Root = 0;

    /// <summary>Makes the folder, or requires the one that is there to be as if it had been made.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="isShared">Whether other users may look into it; none may change it.</param>
    /// <exception cref="Service.Errors.TorrentException"><see cref="Engine.Client.TorrentErrorId.ServiceFolderUnsafe"/>.</exception>
    public static void Make(string folder, bool isShared = false)
    {
        try
        {
            // A folder that is there keeps its mode, in silence.
            if (!OperatingSystem.IsWindows())
                MakeNew(folder, isShared);
            if (isShared)
                CheckShared(folder, Find(folder), PosixFiles.EffectiveUser);
            else
                Check(folder, Find(folder), PosixFiles.EffectiveUser);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(folder) ? EndpointErrors.NotFolder(folder) : EndpointErrors.NotMade(folder, fault);
        }
    }

    /// <summary>
    /// Whether root has appointed a user to listen in a folder: it is that user's or root's, and only root can have put it where it is.
    /// </summary>
    /// <param name="folder">The folder's path.</param>
    /// <param name="user">The user.</param>
    public static bool IsAppointed(string folder, string user)
    {
        try
        {
            if (!Path.IsPathFullyQualified(folder) || Find(folder) is not { Kind: FileKind.Folder } node || (node.Permissions & OthersWrite) != 0
                || (node.Owner != Root && node.Owner.ToString(CultureInfo.InvariantCulture) != user))
                return false;
            for (string? at = Path.GetDirectoryName(folder); at is not null && Path.GetDirectoryName(at) is not null; at = Path.GetDirectoryName(at))
            {
                // /var/run is a link to /run, root's own.
                if (Find(at) is not { Kind: FileKind.Folder or FileKind.Link, Owner: Root } above
                    || (above.Kind == FileKind.Folder && (above.Permissions & OthersWrite) != 0))
                    return false;
            }

            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
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

    [UnsupportedOSPlatform("windows")]
    private static void MakeNew(string folder, bool isShared)
    {
        bool isNew = isShared && !Directory.Exists(folder);
        Directory.CreateDirectory(folder, isShared ? SharedMode : Mode);
        // The umask may have closed it; nothing is in it yet.
        if (isNew)
            File.SetUnixFileMode(folder, SharedMode);
    }

    /// <summary>Requires a folder to be a user's own or root's, and that nobody else may change it.</summary>
    /// <param name="folder">Its path, for errors.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="user">The user.</param>
    internal static void CheckShared(string folder, FileNode? found, uint user)
    {
        if (found is not { Kind: FileKind.Folder } node)
            throw EndpointErrors.NotFolder(folder);
        if (node.Owner != user && node.Owner != Root)
            throw EndpointErrors.NotOwn(folder, node.Owner);
        if ((node.Permissions & OthersWrite) != 0)
            throw EndpointErrors.Changeable(folder);
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
