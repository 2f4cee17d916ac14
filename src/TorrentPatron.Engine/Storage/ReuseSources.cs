using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Files that may have some of a torrent's bytes, found by their lengths and, where version 2 tells them, by their hashes.</summary>
/// <param name="layout">The torrent's files.</param>
/// <param name="metainfo">The torrent.</param>
internal sealed class ReuseSources(FileLayout layout, TorrentMetainfo metainfo)
{
    /// <summary>Files of other torrents that are tried for a file, and files of folders.</summary>
    private const int MostOfTorrents = 8, MostOfFolders = 32;

    private readonly Dictionary<long, List<Source>> _byLength = layout.Files
        .Where(file => file is { IsStored: true, Length: > 0 }).Select(file => file.Length).Distinct().ToDictionary(length => length, _ => new List<Source>());

    private readonly HashSet<string> _own = new(layout.Files.Select(file => file.FullPath), StringComparer.Ordinal);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>The lengths of this torrent's files, in bytes.</summary>
    public IEnumerable<long> Lengths => _byLength.Keys;

    /// <summary>Adds the files of which another torrent has some bytes.</summary>
    /// <param name="files">How its files stand.</param>
    /// <param name="other">The other torrent.</param>
    public void Add(TorrentFiles files, TorrentMetainfo other)
    {
        if (files.Layout.Files.Count != other.Files.Count)
            return;
        for (int index = 0; index < other.Files.Count; index++)
        {
            StorageFile file = files.Layout.Files[index];
            if (file.IsStored && _byLength.TryGetValue(file.Length, out List<Source>? sources) && files.Apart?[index] != true
                && files.Layout.BytesIn(index, files.Verified) > 0)
                Add(sources, new Source(new DataFile(files.Layout.Destination, file.FullPath), RootOf(other.Files[index]), IsOfTorrent: true));
        }
    }

    /// <summary>Adds the files of a folder.</summary>
    public void Add(FoundFiles found)
    {
        foreach ((long length, List<Source> sources) in _byLength)
        {
            foreach (string path in found.OfLength(length))
                Add(sources, new Source(new DataFile(found.Folder, path), Root: null, IsOfTorrent: false));
        }
    }

    /// <summary>The file that is equal to one of the torrent's by its hash (BEP 52); null: none is known.</summary>
    /// <param name="index">Index of the torrent's file.</param>
    public DataFile? EqualTo(int index) =>
        RootOf(metainfo.Files[index]) is { } root && _byLength.TryGetValue(layout.Files[index].Length, out List<Source>? sources)
            ? sources.Find(source => source.Root == root)?.File
            : null;

    /// <summary>The files that may be one of the torrent's: those of other torrents first, then those of its name.</summary>
    /// <param name="index">Index of the torrent's file.</param>
    public IEnumerable<DataFile> CandidatesFor(int index)
    {
        StorageFile file = layout.Files[index];
        if (!_byLength.TryGetValue(file.Length, out List<Source>? sources))
            return [];
        InfoHashV2? root = RootOf(metainfo.Files[index]);
        string name = Path.GetFileName(file.FullPath);
        // Two that have a root and different ones are different files.
        Source[] possible = [.. sources.Where(source => root is null || source.Root is null || source.Root == root)];
        return possible.Where(source => source.IsOfTorrent).Take(MostOfTorrents)
            .Concat(possible.Where(source => !source.IsOfTorrent).OrderBy(source => Path.GetFileName(source.File.Path) == name ? 0 : 1).Take(MostOfFolders))
            .Select(source => source.File);
    }

    private static InfoHashV2? RootOf(TorrentFileEntry file) =>
        file.PiecesRoot.IsEmpty ? null : new InfoHashV2(file.PiecesRoot.Span);

    private void Add(List<Source> sources, Source source)
    {
        // A torrent's own files have been looked at.
        if (_own.Contains(source.File.Path))
            return;
        sources.Add(source);
        IsEmpty = false;
    }

    private sealed record Source(DataFile File, InfoHashV2? Root, bool IsOfTorrent);
}
