namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Creates, moves and deletes a torrent's symbolic links on disk (BEP 47). Nothing is accessed through one, and items that others
/// have put in their place are kept. Blocks on the disk.
/// </summary>
internal static class TorrentLinks
{
    /// <summary>Creates the missing links.</summary>
    /// <param name="layout">The layout of the torrent's files.</param>
    /// <param name="isWanted">Returns whether a file is wanted.</param>
    /// <param name="made">Called with each link that was created.</param>
    /// <returns>Why links were not created, a sentence each.</returns>
    public static IReadOnlyList<string> Make(FileLayout layout, Func<int, bool> isWanted, Action<int> made)
    {
        // Data that is seeded from where the torrent was created has its own links.
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

    /// <summary>Moves the links to the files' new place.</summary>
    /// <param name="from">The old layout.</param>
    /// <param name="to">The new layout.</param>
    /// <returns>Why links were not moved, a sentence each.</returns>
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

    /// <summary>Moves links back after an interrupted move.</summary>
    /// <param name="from">The layout of the files.</param>
    /// <param name="to">The layout that they were being moved to.</param>
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

    /// <returns>Whether it was created now; if not, and there is no error, it already existed.</returns>
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
            // It leads where it led before, and does no harm.
        }
    }
}
