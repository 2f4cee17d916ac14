using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Determines whether two paths that differ only in case or composition are one file in their file system.</summary>
internal static class PathCase
{
    /// <summary>
    /// Whether two folders are one, ignoring case or composition if the file system does. Examines the disk if they differ.
    /// </summary>
    /// <param name="one">An absolute path.</param>
    /// <param name="other">Another.</param>
    public static bool AreOne(string one, string other)
    {
        if (one == other)
            return true;
        if (NameFolding.Fold(one) != NameFolding.Fold(other))
            return false;
        (string left, string right) = (RealPath.Of(one), RealPath.Of(other));
        return NameFolding.Fold(left) == NameFolding.Fold(right) && AreSame(left, right);
    }

    /// <summary>Whether two paths are one. Examines the disk if they differ.</summary>
    /// <param name="one">An absolute path with links resolved.</param>
    /// <param name="other">Another one that folds to the same text.</param>
    public static bool AreSame(string one, string other)
    {
        if (one == other)
            return true;
        // Drives, servers and shares never differ only by case.
        string folder = Path.GetPathRoot(one)!;
        string[] left = Elements(one), right = Elements(other);
        if (left.Length != right.Length)
            return false;
        for (int i = 0; i < left.Length; i++)
        {
            if (left[i] != right[i] && !AreSame(folder, left[i], right[i]))
                return false;
            folder = Path.Combine(folder, left[i]);
        }

        return true;
    }

    private static string[] Elements(string path) => path[Path.GetPathRoot(path)!.Length..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);

    private static bool AreSame(string folder, string one, string other)
    {
        try
        {
            (bool isOne, bool isOther) = (Path.Exists(Path.Combine(folder, one)), Path.Exists(Path.Combine(folder, other)));
            if (isOne != isOther)
                return false;
            // If both exist, a folder that distinguishes them lists both.
            return isOne
                ? Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Count(name => name == one || name == other) < 2
                : !TellsApart(folder, one, other);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Neither exists: tries similar names in the nearest existing folder.</summary>
    private static bool TellsApart(string folder, string one, string other)
    {
        string? at = folder;
        while (at is not null && !Directory.Exists(at))
            at = Path.GetDirectoryName(at);
        if (at is null)
            return false;
        string mark = $".{Guid.NewGuid():N}-";
        string probe = Path.Combine(at, Probe(mark, one));
        GuardedFile.Open(at, probe, FileMode.CreateNew, FileAccess.Write).Dispose();
        try
        {
            return !File.Exists(Path.Combine(at, Probe(mark, other)));
        }
        finally
        {
            GuardedFile.Delete(at, probe);
        }
    }

    // Names of 255 bytes have no room for a mark.
    private static string Probe(string mark, string name) => mark + (name.Length > 60 ? name[..60] : name);
}
