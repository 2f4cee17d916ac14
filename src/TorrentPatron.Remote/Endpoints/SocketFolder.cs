using System.Globalization;
using System.Runtime.Versioning;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The folder of a Unix domain socket: owned by the user and closed to everybody else.</summary>
internal static class SocketFolder
{
    /// <summary>0700.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>0755, for a service that several users share. The socket's mode and the service decide who may connect.</summary>
    private const UnixFileMode SharedMode = Mode | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const uint Root = 0;

    /// <summary>Creates the folder, or checks the owner and mode of an existing one.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="isShared">Whether other users may read it; none may change it.</param>
    /// <exception cref="Service.Errors.TorrentException"><see cref="Engine.Client.TorrentErrorId.ServiceFolderUnsafe"/>.</exception>
    public static void Make(string folder, bool isShared = false)
    {
        try
        {
            // An existing folder silently keeps its mode.
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
    /// Whether root has appointed a user to listen in a folder: it belongs to that user or root, and only root can have put it there.
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
                // /var/run is a link to /run that belongs to root.
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

    /// <summary>The node at a path; null if there is none. Does not follow links.</summary>
    public static FileNode? Find(string path)
    {
        if (PosixFiles.AreSupported || OperatingSystem.IsWindows())
            return PosixFiles.Find(path);

        // An old libc does not report the owner: the mode alone must do.
        FileKind kind = new FileInfo(path).LinkTarget is not null ? FileKind.Link : Directory.Exists(path) ? FileKind.Folder : FileKind.Special;
        return File.Exists(path) || kind != FileKind.Special
            ? new FileNode(kind, null, 0, PosixFiles.EffectiveUser, File.GetUnixFileMode(path), 1, default) : null;
    }

    [UnsupportedOSPlatform("windows")]
    private static void MakeNew(string folder, bool isShared)
    {
        bool isNew = isShared && !Directory.Exists(folder);
        Directory.CreateDirectory(folder, isShared ? SharedMode : Mode);
        // The umask may have restricted it; it is still empty.
        if (isNew)
            File.SetUnixFileMode(folder, SharedMode);
    }

    /// <summary>Checks that a folder belongs to a user or root, and that nobody else can change it.</summary>
    /// <param name="folder">Its path, for errors.</param>
    /// <param name="found">The node at the path.</param>
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

    /// <summary>Checks that a folder belongs to a user and is closed to others.</summary>
    /// <param name="folder">Its path, for errors.</param>
    /// <param name="found">The node at the path.</param>
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
