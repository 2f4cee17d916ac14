using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.State;

/// <summary>A torrent whose state is saved.</summary>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="MetainfoPath">Path of its .torrent in the state folder; there is none yet where <see cref="Magnet"/> is given.</param>
/// <param name="Resume">What was saved last, as it stands in the file; null where that cannot be read.</param>
public sealed record SavedTorrent(TorrentId TorrentId, string MetainfoPath, ResumeData? Resume)
{
    /// <summary>The folder below which its files lie; null where that cannot be read.</summary>
    public string? Destination => Resume?.Destination;

    /// <summary>Its link, where that is all that is known of it; else null.</summary>
    public MagnetLink? Magnet { get; init; }

    /// <summary>What is in it; null where its .torrent cannot be read, or is another's.</summary>
    public TorrentMetainfo? ReadMetainfo() => new SavedOrigin(Path.GetDirectoryName(MetainfoPath)!).ReadMetainfo(TorrentId);

    /// <summary>How it stood when it was last saved: its state is Stopped. Reads from the disk.</summary>
    /// <param name="time">The clock; by default the system's.</param>
    public TorrentStatus ReadStatus(TimeProvider? time = null)
    {
        DateTimeOffset now = WallTime.Now(time ?? TimeProvider.System);
        TorrentMetainfo? metainfo = ReadMetainfo();
        return (metainfo, Magnet, Resume) switch
        {
            (not null, _, { } resume) => TorrentData.Status(metainfo, resume, now),
            (null, { } magnet, { } resume) => TorrentData.Status(magnet, resume, now),
            _ => new TorrentStatus
            {
                Name = metainfo?.Name ?? Magnet?.Name ?? TorrentId.ToString(),
                InfoHash = TorrentId.ToString(),
                State = TorrentState.Stopped,
                Destination = Resume?.Destination ?? "",
                Path = "",
                Timestamp = now,
                Warnings = [ServiceErrors.Unrestorable(TorrentId)],
            },
        };
    }
}
