using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>Maps a torrent's bytes to parts of files. Immutable.</summary>
internal sealed class FileRanges
{
    private readonly TorrentMetainfo _metainfo;

    /// <summary>The files with bytes that are not padding, by offset.</summary>
    private readonly int[] _files;

    /// <summary>Creates the map.</summary>
    /// <param name="metainfo">The torrent.</param>
    public FileRanges(TorrentMetainfo metainfo)
    {
        _metainfo = metainfo;
        _files = [.. Enumerable.Range(0, metainfo.Files.Count).Where(file => metainfo.Files[file] is { IsPadding: false, Length: > 0 })];
    }

    /// <summary>The number of files with bytes that are not padding.</summary>
    public int Count => _files.Length;

    /// <summary>The file part, or zeros, at an offset in the torrent.</summary>
    /// <param name="offset">The offset among all of the torrent's bytes.</param>
    /// <param name="most">The most bytes wanted, 1 or more.</param>
    public FileRange At(long offset, long most)
    {
        int low = 0, high = _files.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            TorrentFileEntry entry = _metainfo.Files[_files[middle]];
            if (entry.Offset + entry.Length <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == _files.Length)
            return new FileRange(-1, 0, most);
        TorrentFileEntry file = _metainfo.Files[_files[low]];
        return file.Offset > offset
            ? new FileRange(-1, 0, Math.Min(most, file.Offset - offset))
            : new FileRange(_files[low], offset - file.Offset, Math.Min(most, file.Offset + file.Length - offset));
    }

    /// <summary>The pieces that contain bytes of a file.</summary>
    /// <param name="file">Index of a file with bytes.</param>
    public (int First, int Last) PiecesOf(int file)
    {
        TorrentFileEntry entry = _metainfo.Files[file];
        return ((int)(entry.Offset / _metainfo.PieceLength), (int)((entry.Offset + entry.Length - 1) / _metainfo.PieceLength));
    }
}
