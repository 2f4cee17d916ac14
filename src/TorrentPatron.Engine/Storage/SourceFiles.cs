using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>The files from which a torrent is created.</summary>
/// <param name="Folder">The folder that contains the file or the top folder.</param>
/// <param name="Name">The name of the file or the top folder.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Files">Paths relative to the folder with '/' between elements, and lengths, sorted by path.</param>
internal sealed record SourceFiles(string Folder, string Name, bool IsFolder, IReadOnlyList<TorrentBuilderFile> Files)
{
    private const int MostLevels = 100;
    private const int MostFiles = 1_000_000;

    /// <summary>
    /// Examines a file or folder. Links are followed, as mktorrent does, but not in a circle; or they are kept.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">The options with the attributes to include.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="StorageException">It does not exist, cannot be read, has no bytes, or leads in a circle.</exception>
    public static SourceFiles Find(string path, TorrentMakerOptions options, CancellationToken cancellationToken)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string name = Path.GetFileName(full);
        if (name.Length == 0)
            throw Failure($"'{full}' has no name that a torrent could use.", "Choose a folder inside it.");

        string folder = Path.GetDirectoryName(full)!;
        bool isFolder = Directory.Exists(full);
        try
        {
            List<TorrentBuilderFile> files = isFolder
                ? Walk(new DirectoryInfo(full), name, options, cancellationToken)
                : [Look(new FileInfo(full), name, options)];
            if (files.Sum(file => file.Length) == 0)
            {
                throw Failure(
                    isFolder ? $"The folder '{full}' contains only empty files or none." : $"The file '{full}' is empty.",
                    "Choose a file or folder with data to share.");
            }

            files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
            return new SourceFiles(folder, name, isFolder, files);
        }
        catch (Exception e) when (e is not StorageException and (IOException or UnauthorizedAccessException))
        {
            throw Failure($"'{full}' cannot be read: {e.Message}",
                "Grant read access to everything in it, or move the unwanted files out of it.", e);
        }
    }

    /// <summary>Creates the exception for an unusable source.</summary>
    /// <param name="message">The reason, as a sentence.</param>
    /// <param name="remedy">The remedy, as a sentence.</param>
    /// <param name="e">The system's exception.</param>
    public static StorageException Failure(string message, string remedy, Exception? e = null) =>
        new(new TorrentError(TorrentErrorId.SourceNotReadable, message, remedy), e);

    private static List<TorrentBuilderFile> Walk(DirectoryInfo top, string name, TorrentMakerOptions options, CancellationToken cancellationToken)
    {
        var files = new List<TorrentBuilderFile>();
        var open = new Stack<Level>();
        open.Push(new Level(top, name, null));
        while (open.TryPop(out Level? level))
        {
            if (level.IsCircle)
            {
                throw Failure(
                    $"'{level.Folder.FullName}' links back to a folder above it, or is more than {MostLevels} folders deep.",
                    "Remove the link, or choose a subfolder.");
            }

            foreach (FileSystemInfo info in level.Folder.EnumerateFileSystemInfos())
            {
                cancellationToken.ThrowIfCancellationRequested();
                string path = $"{level.Path}/{info.Name}";
                if (options.KeepLinks && info.LinkTarget is { } target)
                    files.Add(Link(top, info, path, target));
                else if (Directory.Exists(info.FullName))
                    open.Push(new Level(new DirectoryInfo(info.FullName), path, level));
                else
                    files.Add(Look(new FileInfo(info.FullName), path, options));
                if (files.Count + open.Count > MostFiles)
                    throw Failure($"'{top.FullName}' has too many files.", "Create several torrents, or an archive.");
            }
        }

        return files;
    }

    private static TorrentBuilderFile Look(FileInfo file, string path, TorrentMakerOptions options)
    {
        if (file.LinkTarget is not null)
            file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
        if (!file.Exists)
            throw new FileNotFoundException($"The file '{file.FullName}' does not exist.");
        return new TorrentBuilderFile(path, file.Length)
        {
            Attributes = options.KeepAttributes ? AttributesOf(file) : TorrentFileAttributes.None,
            LastWriteTime = options.KeepLastWriteTimes ? new DateTimeOffset(file.LastWriteTimeUtc) : null,
        };
    }

    private static TorrentFileAttributes AttributesOf(FileInfo file) => OperatingSystem.IsWindows()
        ? file.Attributes.HasFlag(FileAttributes.Hidden) ? TorrentFileAttributes.Hidden : TorrentFileAttributes.None
        : file.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? TorrentFileAttributes.Executable : TorrentFileAttributes.None;

    private static TorrentBuilderFile Link(DirectoryInfo top, FileSystemInfo link, string path, string target)
    {
        string full = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link.FullName)!, target));
        string below = Path.TrimEndingDirectorySeparator(top.FullName) + Path.DirectorySeparatorChar;
        return full.StartsWith(below, StringComparison.Ordinal)
            ? new TorrentBuilderFile(path, 0) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = full[below.Length..].Replace(Path.DirectorySeparatorChar, '/') }
            : throw Failure($"The link '{link.FullName}' leads out of the folder.", "Remove it, or allow following links.");
    }

    /// <summary>A folder during the search, with its parents.</summary>
    private sealed class Level(DirectoryInfo folder, string path, Level? above)
    {
        private readonly string _real = folder.ResolveLinkTarget(returnFinalTarget: true)?.FullName
            ?? (above is null ? folder.FullName : System.IO.Path.Combine(above._real, folder.Name));

        private readonly int _depth = above is null ? 0 : above._depth + 1;

        public DirectoryInfo Folder => folder;

        public string Path => path;

        public bool IsCircle
        {
            get
            {
                for (Level? level = above; level is not null; level = level.Above)
                {
                    if (level._real == _real)
                        return true;
                }

                return _depth > MostLevels;
            }
        }

        private Level? Above => above;
    }
}
