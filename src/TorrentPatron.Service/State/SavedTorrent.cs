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
    public string? Destination => Told is null ? Resume?.Destination : Told.CanRestore ? Told.Status.Destination : null;

    /// <summary>Whether it was suspended.</summary>
    public bool IsSuspended => Told?.IsSuspended ?? Resume is { Suspended: true };

    /// <summary>Its link, where that is all that is known of it; else null.</summary>
    public MagnetLink? Magnet { get; init; }

    /// <summary>The resume file as it was read; null where it was not.</summary>
    internal ReadResume? Read { get; init; }

    /// <summary>What the service of another process has told of it; null: it is read from the folder.</summary>
    internal ToldTorrent? Told { get; init; }

    /// <summary>What is in it; null where its .torrent cannot be read, or is another's.</summary>
    public TorrentMetainfo? ReadMetainfo() => Told is not null ? Told.ReadMetainfo() : new SavedOrigin(Path.GetDirectoryName(MetainfoPath)!).ReadMetainfo(TorrentId);

    /// <summary>Its files, by what is saved; none where that cannot be read, or is not known yet. Reads from the disk.</summary>
    public IReadOnlyList<FileSnapshot> ReadFiles() => Told is not null ? Told.ReadFiles()
        : Resume is { } resume && ReadMetainfo() is { } metainfo ? TorrentData.Files(metainfo, resume)
        : [];

    /// <summary>How it stood when it was last saved: its state is Stopped. Reads from the disk.</summary>
    /// <param name="time">The clock; by default the system's.</param>
    public TorrentStatus ReadStatus(TimeProvider? time = null)
    {
        if (Told is not null)
            return Told.Status;
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

/// <summary>What the service of another process tells of a torrent that it has saved.</summary>
/// <param name="Status">How it stood.</param>
/// <param name="IsSuspended">Whether it was suspended.</param>
/// <param name="CanRestore">Whether it is known where its files lie.</param>
/// <param name="ReadMetainfo">Asks what is in it.</param>
/// <param name="ReadFiles">Asks for its files.</param>
internal sealed record ToldTorrent(
    TorrentStatus Status, bool IsSuspended, bool CanRestore, Func<TorrentMetainfo?> ReadMetainfo, Func<IReadOnlyList<FileSnapshot>> ReadFiles);
