using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Contract;

/// <summary>A torrent whose state is saved, on the wire.</summary>
internal sealed class SavedDto
{
    /// <summary>How it stood when it was last saved.</summary>
    public StatusDto? Status { get; set; }

    /// <summary>Whether it was suspended.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>Whether it can go on: it is known where its files lie.</summary>
    public bool CanRestore { get; set; }

    /// <summary>Its link, where that is all that is known of it.</summary>
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
    /// <param name="readMetainfo">Asks what is in a torrent.</param>
    /// <param name="readFiles">Asks for a torrent's files.</param>
    public SavedTorrent ToSaved(Func<TorrentId, TorrentMetainfo?> readMetainfo, Func<TorrentId, IReadOnlyList<FileSnapshot>> readFiles)
    {
        TorrentId torrent = Wire.ToTorrent(Status?.InfoHash);
        return new SavedTorrent(torrent, MetainfoPath ?? "", Resume: null)
        {
            Magnet = MagnetLink.TryParse(Magnet ?? "", out MagnetLink? magnet, out _) ? magnet : null,
            Told = new ToldTorrent((Status ?? new StatusDto()).ToStatus(), IsSuspended, CanRestore, () => readMetainfo(torrent), () => readFiles(torrent)),
        };
    }
}
