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
/// <param name="MetainfoPath">Path of its .torrent in the state folder; the file does not exist yet if <see cref="Magnet"/> is given.</param>
/// <param name="Resume">The last saved data; null if they cannot be read.</param>
public sealed record SavedTorrent(TorrentId TorrentId, string MetainfoPath, ResumeData? Resume)
{
    /// <summary>The folder of its files; null if it cannot be read.</summary>
    public string? Destination => Told is null ? Resume?.Destination : Told.CanRestore ? Told.Status.Destination : null;

    /// <summary>Whether it was suspended.</summary>
    public bool IsSuspended => Told?.IsSuspended ?? Resume is { Suspended: true };

    /// <summary>Its magnet link while its metadata is unknown; otherwise null.</summary>
    public MagnetLink? Magnet { get; init; }

    /// <summary>The resume file; null if it was not read.</summary>
    internal ReadResume? Read { get; init; }

    /// <summary>The description from a service in another process; null if it is read from the folder.</summary>
    internal RemoteSavedTorrent? Told { get; init; }

    /// <summary>Its metainfo; null if its .torrent cannot be read or belongs to another torrent.</summary>
    public TorrentMetainfo? ReadMetainfo() =>
        Told is not null ? Told.ReadMetainfo() : new SavedOrigin(Path.GetDirectoryName(MetainfoPath)!, TorrentId).ReadMetainfo();

    /// <summary>Its files from the saved state; empty if they cannot be read or are not known yet. Reads from the disk.</summary>
    public IReadOnlyList<FileSnapshot> ReadFiles() => Told is not null ? Told.ReadFiles()
        : Resume is { } resume && ReadMetainfo() is { } metainfo ? TorrentData.Files(metainfo, resume)
        : [];

    /// <summary>Its last saved status, with the state Stopped. Reads from the disk.</summary>
    /// <param name="time">The clock; null means the system's.</param>
    public TorrentStatus ReadStatus(TimeProvider? time = null)
    {
        if (Told is not null)
            return Told.Status;
        DateTimeOffset now = WallTime.Now(time ?? TimeProvider.System);
        TorrentMetainfo? metainfo = ReadMetainfo();
        return ReadStatus(metainfo, now) with
        {
            InfoHash = TorrentId.ToString(),
            OtherInfoHash = TorrentId.OtherHash(metainfo?.TorrentId ?? Magnet?.TorrentId ?? TorrentId)?.ToString(),
        };
    }

    private TorrentStatus ReadStatus(TorrentMetainfo? metainfo, DateTimeOffset now) =>
        (metainfo, Magnet, Resume) switch
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

/// <summary>A saved torrent as a service in another process describes it.</summary>
/// <param name="Status">Its last status.</param>
/// <param name="IsSuspended">Whether it was suspended.</param>
/// <param name="CanRestore">Whether the folder of its files is known.</param>
/// <param name="ReadMetainfo">Requests its metainfo.</param>
/// <param name="ReadFiles">Requests its files.</param>
internal sealed record RemoteSavedTorrent(
    TorrentStatus Status, bool IsSuspended, bool CanRestore, Func<TorrentMetainfo?> ReadMetainfo, Func<IReadOnlyList<FileSnapshot>> ReadFiles);
