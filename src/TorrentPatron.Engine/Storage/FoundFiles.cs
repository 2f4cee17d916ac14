namespace TorrentPatron.Engine.Storage;

/// <summary>The regular files below a folder, by path and length. Links are not followed.</summary>
internal sealed class FoundFiles
{
    private const int MostEntries = 1_000_000;
    private const int MostLevels = 100;

    private readonly Dictionary<string, long> _lengths = new(StringComparer.Ordinal);
    private ILookup<long, string>? _byLength;

    private FoundFiles(string folder) => Folder = folder;

    /// <summary>The folder, as an absolute path.</summary>
    public string Folder { get; }

    /// <summary>Searches a folder, or takes one file.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="StorageException">It does not exist, cannot be read, or has too many files.</exception>
    public static FoundFiles Find(string path, CancellationToken cancellationToken)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            if (!Directory.Exists(full))
            {
                if (!File.Exists(full))
                    throw SourceFiles.Failure($"'{full}' does not exist.", "Choose the folder that contains the data.");
                var single = new FoundFiles(Path.GetDirectoryName(full)!);
                single._lengths.Add(full, new FileInfo(full).Length);
                return single;
            }

            var found = new FoundFiles(full);
            found.Walk(cancellationToken);
            return found;
        }
        catch (Exception e) when (e is not StorageException and (IOException or UnauthorizedAccessException))
        {
            throw SourceFiles.Failure($"'{full}' cannot be read: {e.Message}", "Grant read access to everything in it.", e);
        }
    }

    /// <summary>The full path of a file.</summary>
    /// <param name="relative">Its path below the folder, with '/' between elements.</param>
    public string FullPath(string relative) => Path.Join(Folder, relative.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The length of a file in bytes; null if it does not exist.</summary>
    /// <param name="path">Its full path.</param>
    public long? LengthOf(string path) => _lengths.TryGetValue(path, out long length) ? length : null;

    /// <summary>The files of a length, sorted by path.</summary>
    public IEnumerable<string> OfLength(long length) =>
        (_byLength ??= _lengths.OrderBy(file => file.Key, StringComparer.Ordinal).ToLookup(file => file.Value, file => file.Key))[length];

    private void Walk(CancellationToken cancellationToken)
    {
        var open = new Stack<(DirectoryInfo Folder, int Level)>([(new DirectoryInfo(Folder), 0)]);
        int entries = 0;
        while (open.TryPop(out (DirectoryInfo Folder, int Level) at))
        {
            foreach (FileSystemInfo info in at.Folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (++entries > MostEntries)
                    throw SourceFiles.Failure($"'{Folder}' has too many files.", "Choose a subfolder.");
                if (info.Attributes.HasFlag(FileAttributes.ReparsePoint) && info.LinkTarget is not null)
                    continue;
                if (info is DirectoryInfo folder)
                {
                    if (at.Level < MostLevels)
                        open.Push((folder, at.Level + 1));
                }
                else if (info is FileInfo file && !file.Attributes.HasFlag(FileAttributes.Device))
                {
                    _lengths[file.FullName] = file.Length;
                }
            }
        }
    }
}
