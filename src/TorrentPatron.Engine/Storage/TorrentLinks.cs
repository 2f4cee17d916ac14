namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A torrent's symbolic links on disk (BEP 47): made where nothing stands, taken along, deleted. Nothing is reached through one, and what
/// somebody else has put in the place of one stays. Blocks on the disk.
/// </summary>
internal static class TorrentLinks
{
    /// <summary>Makes the links that are missing.</summary>
    /// <param name="layout">Where the torrent's files lie.</param>
    /// <param name="isWanted">Whether a file is wanted.</param>
    /// <param name="made">Is told of each link that was made.</param>
    /// <returns>Why links were not made, a sentence each.</returns>
    public static IReadOnlyList<string> Make(FileLayout layout, Func<int, bool> isWanted, Action<int> made)
    {
        // What is seeded from where it was made has its own links.
        if (layout.HasRaw)
            return [];
        var failures = new List<string>();
        for (int index = 0; index < layout.Files.Count; index++)
        {
            StorageFile file = layout.Files[index];
            if (file.Entry?.IsLink != true || !isWanted(index))
                continue;
            if (file.LinkText is not { } text)
                failures.Add($"The link '{file.FullPath}' was not created: its target is missing from the torrent, or it is circular.");
            else if (TryMake(layout.Destination, file.FullPath, text, file.Entry.IsLinkToFolder, out string? why))
                made(index);
            else if (why is not null)
                failures.Add($"The link '{file.FullPath}' was not created: {why}");
        }

        return failures;
    }

    /// <summary>Takes the links along to where the files are now.</summary>
    /// <param name="from">Where the files lay.</param>
    /// <param name="to">Where they lie.</param>
    /// <returns>Why links were left, a sentence each.</returns>
    public static IReadOnlyList<string> Move(FileLayout from, FileLayout to)
    {
        var failures = new List<string>();
        for (int index = 0; index < from.Files.Count; index++)
        {
            (StorageFile file, StorageFile next) = (from.Files[index], to.Files[index]);
            if (file.LinkText is not { } text || Read(from.Destination, file.FullPath) != text)
                continue;
            if (TryMake(to.Destination, next.FullPath, text, file.Entry!.IsLinkToFolder, out string? why) || why is null)
                TryDelete(from.Destination, file.FullPath, text);
            else
                failures.Add($"The link '{next.FullPath}' was not created: {why}");
        }

        return failures;
    }

    /// <summary>Puts back what a move that was cut off had taken along.</summary>
    /// <param name="from">Where the files lie.</param>
    /// <param name="to">Where they were on their way to.</param>
    public static void TakeBack(FileLayout from, FileLayout to)
    {
        for (int index = 0; index < from.Files.Count; index++)
        {
            (StorageFile file, StorageFile next) = (from.Files[index], to.Files[index]);
            if (file.LinkText is not { } text || Read(to.Destination, next.FullPath) != text)
                continue;
            if (TryMake(from.Destination, file.FullPath, text, file.Entry!.IsLinkToFolder, out string? why) || why is null)
                TryDelete(to.Destination, next.FullPath, text);
        }
    }

    /// <returns>Whether it was made now; where it was not, and nothing is wrong, it was there.</returns>
    private static bool TryMake(string destination, string path, string text, bool isFolder, out string? why)
    {
        why = null;
        try
        {
            if (Find(destination, path) is null)
            {
                GuardedFile.MakeLink(destination, path, text, isFolder);
                return true;
            }

            if (GuardedFile.ReadLink(destination, path) != text)
                why = "another file is in its place.";
        }
        catch (UnsafeFileException)
        {
            why = "it would be behind another link.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = OperatingSystem.IsWindows() ? $"{e.Message} On Windows only administrators can create links, unless developer mode is on." : e.Message;
        }

        return false;
    }

    private static FileNode? Find(string destination, string path)
    {
        try
        {
            return GuardedFile.Find(destination, path);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string? Read(string destination, string path)
    {
        try
        {
            return GuardedFile.ReadLink(destination, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void TryDelete(string destination, string path, string text)
    {
        try
        {
            GuardedFile.DeleteLink(destination, path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It leads where it led before: it is in nobody's way.
        }
    }
}
