using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>A snapshot of a torrent's files: which it has or wants, which it has written, and which are complete.</summary>
/// <param name="torrent">The torrent.</param>
/// <param name="name">The torrent's name.</param>
/// <param name="layout">The layout of its files.</param>
/// <param name="priorities">Priority of each file; if the count does not match, all are normal.</param>
/// <param name="origin">The origin of the files on disk; null if unknown.</param>
/// <param name="verified">The verified pieces.</param>
internal sealed class TorrentFiles(
    TorrentId torrent, string name, FileLayout layout, IReadOnlyList<FilePriority> priorities, DataOrigin? origin, Bitfield verified)
{
    /// <summary>The torrent.</summary>
    public TorrentId Torrent => torrent;

    /// <summary>The torrent's name.</summary>
    public string Name => name;

    /// <summary>The layout of its files.</summary>
    public FileLayout Layout => layout;

    /// <summary>The origin of the files on disk; null if unknown.</summary>
    public DataOrigin? Origin => origin;

    /// <summary>The verified pieces.</summary>
    public Bitfield Verified => verified;

    /// <summary>Pieces that are not checked yet, and may be on disk.</summary>
    public Bitfield? Unchecked { get; init; }

    /// <summary>
    /// The files whose bytes are in the parts file; null means none. Items at their paths are not the torrent's.
    /// </summary>
    public Bitfield? Apart { get; init; }

    /// <summary>Creates it from saved data; data that does not fit the torrent is ignored.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">Its saved resume data.</param>
    public static TorrentFiles Of(TorrentMetainfo metainfo, ResumeData saved)
    {
        var layout = new FileLayout(metainfo, saved.Destination);
        var verified = new Bitfield(layout.PieceCount);
        if (saved.Verified.Length == verified.Length)
        {
            foreach (int piece in saved.Verified.Ones)
            {
                if (saved.Doubtful?[piece] != true)
                    verified.Set(piece);
            }
        }

        return new TorrentFiles(
            metainfo.TorrentId, metainfo.Name, layout, saved.FilePriorities, saved.Origin is { } origin && origin.Fits(layout) ? origin : null, verified)
        {
            Unchecked = saved.Doubtful?.Length == verified.Length ? saved.Doubtful : null,
            Apart = saved.Apart?.Length == layout.Files.Count ? saved.Apart : null,
        };
    }

    /// <summary>Whether a file is wanted.</summary>
    public bool Wants(int file) => layout.Files[file].IsStored && (priorities.Count != layout.Files.Count || priorities[file] != FilePriority.Skip);

    /// <summary>Whether the torrent has written to a file.</summary>
    public bool HasWritten(int file) => origin?.FilesWritten[file] == true;

    /// <summary>
    /// Whether the torrent has a claim to a file: it has written to it, has found it with good data, or will create it. A file
    /// that existed before and has no good data is not claimed.
    /// </summary>
    public bool Holds(int file)
    {
        if (!layout.Files[file].IsStored)
            return false;
        if (Apart?[file] == true)
            return Wants(file);
        if (HasWritten(file))
            return true;
        if (origin?.FilesBefore[file] == true)
            return layout.BytesIn(file, verified) > 0;
        return Wants(file);
    }

    /// <summary>Whether a file belongs to the torrent and is deleted with it; see <see cref="DataOrigin.IsOwn"/>.</summary>
    public bool IsOwn(int file) => Apart?[file] != true && DataOrigin.IsOwn(origin, layout, file, verified);

    /// <summary>Whether no piece of a file is missing.</summary>
    public bool IsComplete(int file)
    {
        (int first, int count) = layout.PiecesOfFile(file);
        for (int piece = first; piece < first + count; piece++)
        {
            if (!verified[piece] && Unchecked?[piece] != true)
                return false;
        }

        return true;
    }
}
