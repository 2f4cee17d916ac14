using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A torrent's files that exist on disk.</summary>
/// <param name="Files">The files, with their path in the torrent and their length on disk.</param>
internal sealed record DataOnDisk(IReadOnlyList<(string Path, long Length)> Files)
{
    private const int FilesShown = 10;

    /// <summary>Finds the files that belong to the torrent alone. Reads the disk.</summary>
    /// <param name="files">The torrent's files.</param>
    public static DataOnDisk Own(IReadOnlyList<FileSnapshot> files) => OnDisk(files.Where(file => file.IsOwn));

    /// <summary>Finds all files that exist, including those of others. Reads the disk.</summary>
    /// <param name="files">The torrent's files.</param>
    public static DataOnDisk All(IReadOnlyList<FileSnapshot> files) => OnDisk(files);

    /// <summary>Describes the number, size and names of the files.</summary>
    /// <param name="folder">The folder that they are in.</param>
    public string In(string? folder)
    {
        if (Files.Count == 0)
            return "no files";
        string names = string.Join(", ", Files.Take(FilesShown).Select(file => file.Path));
        if (Files.Count > FilesShown)
            names += $" and {Files.Count - FilesShown} more";
        return $"{this} in '{folder}': {names}";
    }

    /// <summary>The number and size of the files.</summary>
    public override string ToString() =>
        $"{(Files.Count == 1 ? "1 file" : $"{Files.Count} files")}, {HumanText.Size(Files.Sum(file => file.Length))}";

    private static DataOnDisk OnDisk(IEnumerable<FileSnapshot> files) => new(
    [
        .. from file in files
           let length = LengthOf(file.FullPath)
           where length is not null
           select (file.Path, length.Value),
    ]);

    private static long? LengthOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.LinkTarget is null ? file.Length : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
