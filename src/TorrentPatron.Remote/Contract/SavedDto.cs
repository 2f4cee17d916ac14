using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Contract;

/// <summary>A saved torrent on the wire.</summary>
internal sealed class SavedDto
{
    /// <summary>Its last saved status.</summary>
    public StatusDto? Status { get; set; }

    /// <summary>Whether it was suspended.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>Whether it can be restored, because the folder of its files is known.</summary>
    public bool CanRestore { get; set; }

    /// <summary>Its magnet link while its metadata is unknown.</summary>
    public string? Magnet { get; set; }

    /// <summary>Path of its .torrent, as the service sees it.</summary>
    public string? MetainfoPath { get; set; }

    public static SavedDto Of(SavedTorrent saved) => new()
    {
        Status = StatusDto.Of(saved.ReadStatus()),
        IsSuspended = saved.IsSuspended,
        CanRestore = saved.Destination is not null,
        Magnet = saved.Magnet?.ToString(),
        MetainfoPath = saved.MetainfoPath,
    };

    /// <summary>Reads it.</summary>
    /// <param name="readMetainfo">Requests a torrent's metainfo.</param>
    /// <param name="readFiles">Requests a torrent's files.</param>
    public SavedTorrent ToSaved(Func<TorrentId, TorrentMetainfo?> readMetainfo, Func<TorrentId, IReadOnlyList<FileSnapshot>> readFiles)
    {
        TorrentId torrent = Wire.ToTorrent(Status?.InfoHash);
        return new SavedTorrent(torrent, MetainfoPath ?? "", Resume: null)
        {
            Magnet = MagnetLink.TryParse(Magnet ?? "", out MagnetLink? magnet, out _) ? magnet : null,
            Told = new RemoteSavedTorrent((Status ?? new StatusDto()).ToStatus(), IsSuspended, CanRestore, () => readMetainfo(torrent), () => readFiles(torrent)),
        };
    }
}
