using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>A torrent's files as they stood at one moment: which it has or wants, which it has written, and which are complete.</summary>
/// <param name="torrent">The torrent.</param>
/// <param name="name">What it is called.</param>
/// <param name="layout">Where its files lie.</param>
/// <param name="priorities">Priority of each file; none where their number is another: all normal.</param>
/// <param name="origin">Where the files on disk are from; null if unknown.</param>
/// <param name="verified">The pieces that are here.</param>
internal sealed class TorrentFiles(
    TorrentId torrent, string name, FileLayout layout, IReadOnlyList<FilePriority> priorities, DataOrigin? origin, Bitfield verified)
{
    /// <summary>The torrent.</summary>
    public TorrentId Torrent => torrent;

    /// <summary>What it is called.</summary>
    public string Name => name;

    /// <summary>Where its files lie.</summary>
    public FileLayout Layout => layout;

    /// <summary>Where the files on disk are from; null if unknown.</summary>
    public DataOrigin? Origin => origin;

    /// <summary>The pieces that are here.</summary>
    public Bitfield Verified => verified;

    /// <summary>Pieces that are not checked yet, and may be here.</summary>
    public Bitfield? Unchecked { get; init; }

    /// <summary>The files whose bytes are kept apart, in the parts file; null means none. At their paths there is nothing of the torrent.</summary>
    public Bitfield? Apart { get; init; }

    /// <summary>What is saved of a torrent; what does not fit it counts for nothing.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">What was saved of it.</param>
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
    /// Whether a file is the torrent's to have: it has written to it, has found it there and good, or will make it. One that was there
    /// before and of which nothing is good is not.
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

    /// <summary>Whether a file is the torrent's own, so that it goes with the torrent; see <see cref="DataOrigin.IsOwn"/>.</summary>
    public bool IsOwn(int file) => Apart?[file] != true && DataOrigin.IsOwn(origin, layout, file, verified);

    /// <summary>Whether no piece that lies in a file is missing.</summary>
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
