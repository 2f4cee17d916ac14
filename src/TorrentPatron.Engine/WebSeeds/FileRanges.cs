using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>Which part of which file holds a torrent's bytes. Immutable.</summary>
internal sealed class FileRanges
{
    private readonly TorrentMetainfo _metainfo;

    /// <summary>The files that have bytes and are not padding, in the order of their offsets.</summary>
    private readonly int[] _files;

    /// <summary>Looks through the files of a torrent.</summary>
    /// <param name="metainfo">The torrent.</param>
    public FileRanges(TorrentMetainfo metainfo)
    {
        _metainfo = metainfo;
        _files = [.. Enumerable.Range(0, metainfo.Files.Count).Where(file => metainfo.Files[file] is { IsPadding: false, Length: > 0 })];
    }

    /// <summary>Number of files that have bytes and are not padding.</summary>
    public int Count => _files.Length;

    /// <summary>What is at a place of the torrent, as far as it is of one kind.</summary>
    /// <param name="offset">The place, counted over all of the torrent's bytes.</param>
    /// <param name="most">The most bytes that are of interest, 1 or more.</param>
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

    /// <summary>The pieces in which bytes of a file lie.</summary>
    /// <param name="file">Index of a file that has bytes.</param>
    public (int First, int Last) PiecesOf(int file)
    {
        TorrentFileEntry entry = _metainfo.Files[file];
        return ((int)(entry.Offset / _metainfo.PieceLength), (int)((entry.Offset + entry.Length - 1) / _metainfo.PieceLength));
    }
}
