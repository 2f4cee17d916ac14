using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>What the update address of a torrent offers (BEP 39). Immutable. All text is safe to print.</summary>
public sealed class TorrentUpdate
{
    /// <summary>Takes what was offered.</summary>
    /// <param name="torrent">The torrent that was asked for.</param>
    /// <param name="offer">What its address offers; null: it has no address.</param>
    /// <param name="path">Where the newer .torrent was written; null: nowhere.</param>
    internal TorrentUpdate(TorrentMetainfo torrent, UpdateOffer? offer, string? path)
    {
        Name = torrent.Name;
        InfoHash = torrent.TorrentId.ToString();
        UpdateUrl = torrent.UpdateUrl;
        MaskedUpdateUrl = UpdateUrl is null ? null : MaskedAddress.OfWebSeed(UpdateUrl);
        if (offer?.Torrent is not { } newer)
            return;
        NewTorrent = new TorrentInfo(newer, offer.Reach);
        Signature = offer.Signature;
        Path = path is null ? null : DisplayText.Clean(path);
    }

    /// <summary>The name of the torrent that was asked for.</summary>
    public string Name { get; }

    /// <summary>The info hash of the torrent that was asked for, not of the newer one.</summary>
    public string InfoHash { get; }

    /// <summary>Whether a newer torrent is offered.</summary>
    public bool IsAvailable => NewTorrent is not null;

    /// <summary>The name of the newer torrent; null: none is offered.</summary>
    public string? NewName => NewTorrent?.Name;

    /// <summary>The info hash of the newer torrent; null: none is offered.</summary>
    public string? NewInfoHash => NewTorrent?.InfoHash;

    /// <summary>What is in the newer torrent; Start-Torrent takes it. Null: none is offered.</summary>
    public TorrentInfo? NewTorrent { get; }

    /// <summary>Whether the newer torrent is signed by whoever made the older one; null: none is offered.</summary>
    public TorrentSignature? Signature { get; }

    /// <summary>The address that was asked; null: the torrent has none. It may hold a personal key.</summary>
    public Uri? UpdateUrl { get; }

    /// <summary>The address with *** for what may be a key, as it is shown.</summary>
    public string? MaskedUpdateUrl { get; }

    /// <summary>Where the newer .torrent was written; null: nowhere.</summary>
    public string? Path { get; }

    /// <summary>The name of the newer torrent, or that there is none.</summary>
    public override string ToString() => NewName ?? $"{Name}: no update";
}
