using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Tells whether two paths that differ in case or composition only are one file, as the file system there has it.</summary>
internal static class PathCase
{
    /// <summary>Whether two folders are one, but for letter case or composition. Looks at the disk where they differ.</summary>
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

    /// <summary>Whether two paths are one. Looks at the disk where they differ.</summary>
    /// <param name="one">An absolute path, its links followed.</param>
    /// <param name="other">Another that folds to the same text.</param>
    public static bool AreSame(string one, string other)
    {
        if (one == other)
            return true;
        // Drives, servers and shares are never told apart by case.
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
            // Where both are there, a folder that tells them apart lists both.
            return isOne
                ? Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Count(name => name == one || name == other) < 2
                : !TellsApart(folder, one, other);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Neither is there: tries it with names of the same kind in the nearest folder that is.</summary>
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
