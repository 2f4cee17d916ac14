using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

#pragma warning disable RS0030 // GuardedFile's fallback on systems without better calls.

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The fallback of <see cref="GuardedFile"/> on systems that cannot reach a file from an open folder. On Windows an open file is
/// asked for its real location before anything is read, written, deleted or renamed. Elsewhere the path is examined before and
/// after a file is opened; a folder that is changed into a link and back in between goes unnoticed.
/// </summary>
internal static class PortableFiles
{
    public static SafeFileHandle Open(string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode? permissions)
    {
        RefuseLinks(top, path);
        SafeFileHandle file = mode == FileMode.Open || File.Exists(path)
            ? File.OpenHandle(path, mode, access, share)
            : Make(path, access, share, permissions, mode);
        try
        {
            RequireBelow(top, path, file);
            RefuseSpecial(file, path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static SafeFileHandle Make(string path, FileAccess access, FileShare share, UnixFileMode? permissions, FileMode mode = FileMode.CreateNew)
    {
        SafeFileHandle file = File.OpenHandle(path, mode, access, share);
        if (permissions is { } mask && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mask);
        return file;
    }

    public static SafeFileHandle OpenFollowing(string path)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            RefuseSpecial(file, path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The metadata of an open file; null if the system does not provide it.</summary>
    public static FileNode? Stat(SafeFileHandle file) => OperatingSystem.IsWindows() ? WindowsFiles.Stat(file, "") : null;

    public static void MakeFolder(string top, string path, UnixFileMode? permissions)
    {
        string at = top;
        foreach (string name in GuardedFile.Elements(top, path))
        {
            at = Path.Join(at, name);
            RefuseLink(at);
            if (permissions is { } mask && !OperatingSystem.IsWindows())
                Directory.CreateDirectory(at, mask);
            else
                Directory.CreateDirectory(at);
        }

        if (OperatingSystem.IsWindows() && path.Length > top.Length)
        {
            using SafeFileHandle made = WindowsFiles.OpenEntry(path);
            RequireBelow(top, path, made);
        }
    }

    public static FileNode? Find(string top, string path)
    {
        RefuseLinks(top, Path.GetDirectoryName(path)!);
        if (OperatingSystem.IsWindows())
            return FindOnWindows(path);
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
            return new FileNode { Kind = FileKind.Link };
        return info.Exists ? new FileNode { Kind = info.Attributes.HasFlag(FileAttributes.Device) ? FileKind.Special : FileKind.Regular, Length = info.Length }
            : Directory.Exists(path) ? new FileNode { Kind = FileKind.Folder }
            : null;
    }

    /// <summary>Deletes a file. On Windows, the one that was examined, at its expected location.</summary>
    public static void Delete(string top, string path, Action<FileNode> require)
    {
        RefuseLinks(top, Path.GetDirectoryName(path)!);
        if (OperatingSystem.IsWindows())
        {
            DeleteOnWindows(top, path, require);
            return;
        }

        File.Delete(path);
    }

    public static void DeleteFolder(string top, string path)
    {
        RefuseLinks(top, path);
        if (OperatingSystem.IsWindows())
        {
            using SafeFileHandle folder = WindowsFiles.OpenToChange(path);
            if (WindowsFiles.Stat(folder, path).Kind != FileKind.Folder)
                throw new IOException($"'{path}' is not a folder.");
            RequireBelow(top, path, folder);
            WindowsFiles.Delete(folder, path);
            return;
        }

        Directory.Delete(path, recursive: false);
    }

    /// <summary>Renames a file. On Windows, the one that was examined, at its expected location before and after.</summary>
    public static void Move(string top, string path, string newTop, string newPath, bool overwrite, Action<FileNode> require)
    {
        RefuseLinks(top, path);
        RefuseLinks(newTop, Path.GetDirectoryName(newPath)!);
        if (OperatingSystem.IsWindows())
        {
            MoveOnWindows(top, path, newTop, newPath, overwrite, require);
            return;
        }

        File.Move(path, newPath, overwrite);
    }

    /// <summary>Creates a symbolic link at an unused path. On Windows its location is verified.</summary>
    public static void MakeLink(string top, string path, string target, bool isFolder)
    {
        RefuseLinks(top, Path.GetDirectoryName(path)!);
        if (isFolder)
            Directory.CreateSymbolicLink(path, target);
        else
            File.CreateSymbolicLink(path, target);
        if (!OperatingSystem.IsWindows())
            return;
        using SafeFileHandle made = WindowsFiles.OpenToChange(path);
        try
        {
            RequireBelow(top, path, made);
        }
        catch (UnsafeFileException)
        {
            WindowsFiles.Delete(made, path);
            throw;
        }
    }

    /// <summary>A symbolic link's target text; null if it is not a link.</summary>
    public static string? ReadLink(string top, string path)
    {
        RefuseLinks(top, Path.GetDirectoryName(path)!);
        return new FileInfo(path).LinkTarget;
    }

    private static void RefuseLinks(string top, string path)
    {
        string at = top;
        foreach (string name in path.Length > top.Length ? GuardedFile.Elements(top, path) : [])
            RefuseLink(at = Path.Join(at, name));
    }

    private static void RefuseLink(string path)
    {
        if (OperatingSystem.IsWindows())
            RefuseLinkOnWindows(path);
        else if (new FileInfo(path).LinkTarget is not null)
            throw new UnsafeFileException(path, isLink: true);
    }

    private static void RefuseSpecial(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows() && WindowsFiles.Stat(file, path) is { Kind: not FileKind.Regular } node)
            throw new UnsafeFileException(path, isLink: node.Kind == FileKind.Link);
    }

    /// <summary>
    /// Requires an open file to be at its expected location, without a link in the path: an open file stays the same, whatever
    /// becomes of its path. If the system does not provide the location, the path is examined again.
    /// </summary>
    private static void RequireBelow(string top, string path, SafeFileHandle file)
    {
        if (!OperatingSystem.IsWindows() || WindowsFiles.FinalPath(top) is not { } realTop || WindowsFiles.FinalPath(file) is not { } real)
            RefuseLinks(top, path);
        else if (!string.Equals(Path.Join([realTop, .. GuardedFile.Elements(top, path)]), real, StringComparison.OrdinalIgnoreCase))
            throw new UnsafeFileException(path, isLink: true);
    }

    /// <summary>Whether it is a link, a junction, or another redirection; files in the cloud are not.</summary>
    [SupportedOSPlatform("windows")]
    private static void RefuseLinkOnWindows(string path)
    {
        try
        {
            if (File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint) && FindOnWindows(path) is { Kind: FileKind.Link })
                throw new UnsafeFileException(path, isLink: true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Nothing is there.
        }
    }

    [SupportedOSPlatform("windows")]
    private static FileNode? FindOnWindows(string path)
    {
        try
        {
            using SafeFileHandle entry = WindowsFiles.OpenEntry(path);
            return WindowsFiles.Stat(entry, path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(Path.GetDirectoryName(path)))
        {
            return null;
        }
    }

    [SupportedOSPlatform("windows")]
    private static void DeleteOnWindows(string top, string path, Action<FileNode> require)
    {
        SafeFileHandle file;
        try
        {
            file = WindowsFiles.OpenToChange(path);
        }
        catch (FileNotFoundException)
        {
            return;
        }

        using (file)
        {
            FileNode node = WindowsFiles.Stat(file, path);
            if (node.Kind == FileKind.Folder)
                throw new UnauthorizedAccessException($"'{path}' is a folder.");
            require(node);
            RequireBelow(top, path, file);
            WindowsFiles.Delete(file, path);
        }
    }

    [SupportedOSPlatform("windows")]
    private static void MoveOnWindows(string top, string path, string newTop, string newPath, bool overwrite, Action<FileNode> require)
    {
        using SafeFileHandle file = WindowsFiles.OpenToChange(path);
        FileNode node = WindowsFiles.Stat(file, path);
        if (node.Kind != FileKind.Regular)
            throw new UnsafeFileException(path, node.Kind == FileKind.Link);
        require(node);
        RequireBelow(top, path, file);
        WindowsFiles.Move(file, newPath, overwrite);
        try
        {
            RequireBelow(newTop, newPath, file);
        }
        catch (UnsafeFileException)
        {
            // Someone has just replaced a folder with a link: undo the move.
            WindowsFiles.Move(file, path, overwrite: false);
            throw;
        }
    }
}
