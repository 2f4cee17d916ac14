using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

#pragma warning disable RS0030 // GuardedFile's own way where the system has no better one.

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// What <see cref="GuardedFile"/> does where the system cannot reach a file from an open folder: the path is looked at before and after a
/// file is opened. Whoever changes a folder into a link and back in between is not seen.
/// </summary>
internal static class PortableFiles
{
    private const int FileTypeDisk = 1;
    private const int InformationBytes = 52;

    public static SafeFileHandle Open(string top, string path, FileMode mode, FileAccess access, FileShare share, UnixFileMode? permissions)
    {
        RefuseLinks(top, path);
        SafeFileHandle file = mode == FileMode.Open || File.Exists(path)
            ? File.OpenHandle(path, mode, access, share)
            : Make(path, access, share, permissions, mode);
        try
        {
            RefuseLinks(top, path);
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

    public static FileIdentity? IdentityOf(SafeFileHandle file)
    {
        byte[] information = new byte[InformationBytes];
        return OperatingSystem.IsWindows() && GetFileInformationByHandle(file, information) != 0
            ? new FileIdentity(
                BinaryPrimitives.ReadUInt32LittleEndian(information.AsSpan(28)),
                ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(information.AsSpan(44)) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(information.AsSpan(48)))
            : null;
    }

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
    }

    public static FileNode? Find(string top, string path)
    {
        RefuseLinks(top, Path.GetDirectoryName(path)!);
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
            return new FileNode { Kind = FileKind.Link };
        return info.Exists ? new FileNode { Kind = info.Attributes.HasFlag(FileAttributes.Device) ? FileKind.Special : FileKind.Regular, Length = info.Length }
            : Directory.Exists(path) ? new FileNode { Kind = FileKind.Folder }
            : null;
    }

    public static void Delete(string top, string path)
    {
        RefuseLinks(top, Path.GetDirectoryName(path)!);
        File.Delete(path);
    }

    public static void DeleteFolder(string top, string path)
    {
        RefuseLinks(top, path);
        Directory.Delete(path, recursive: false);
    }

    public static void Move(string top, string path, string newTop, string newPath, bool overwrite)
    {
        RefuseLinks(top, path);
        RefuseLinks(newTop, Path.GetDirectoryName(newPath)!);
        File.Move(path, newPath, overwrite);
    }

    private static void RefuseLinks(string top, string path)
    {
        string at = top;
        foreach (string name in path.Length > top.Length ? GuardedFile.Elements(top, path) : [])
            RefuseLink(at = Path.Join(at, name));
    }

    private static void RefuseLink(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
            throw new UnsafeFileException(path, isLink: true);
    }

    private static void RefuseSpecial(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows() && GetFileType(file) != FileTypeDisk)
            throw new UnsafeFileException(path, isLink: false);
    }

    [DllImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetFileType(SafeFileHandle file);

    [DllImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetFileInformationByHandle(SafeFileHandle file, [Out] byte[] information);
}
