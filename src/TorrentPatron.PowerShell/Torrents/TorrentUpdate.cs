using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The newer torrent, if any, that a torrent's update address offers (BEP 39). Immutable. All text is safe to print.</summary>
public sealed class TorrentUpdate
{
    /// <summary>Creates the output of an offer.</summary>
    /// <param name="torrent">The older torrent.</param>
    /// <param name="offer">The offer; null: the torrent has no update address.</param>
    /// <param name="path">Path of the newer .torrent file; null if it was not written.</param>
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

    /// <summary>The name of the older torrent.</summary>
    public string Name { get; }

    /// <summary>The info hash of the older torrent.</summary>
    public string InfoHash { get; }

    /// <summary>Whether a newer torrent is offered.</summary>
    public bool IsAvailable => NewTorrent is not null;

    /// <summary>The name of the newer torrent; null if none is offered.</summary>
    public string? NewName => NewTorrent?.Name;

    /// <summary>The info hash of the newer torrent; null if none is offered.</summary>
    public string? NewInfoHash => NewTorrent?.InfoHash;

    /// <summary>The newer torrent's content, which Start-Torrent accepts; null if none is offered.</summary>
    public TorrentInfo? NewTorrent { get; }

    /// <summary>Whether the older torrent's publisher has signed the newer one; null if none is offered.</summary>
    public TorrentSignature? Signature { get; }

    /// <summary>The requested address; null if the torrent has none. It may contain a personal key.</summary>
    public Uri? UpdateUrl { get; }

    /// <summary>The address as displayed, with *** in place of possible keys.</summary>
    public string? MaskedUpdateUrl { get; }

    /// <summary>Path of the newer .torrent file; null if it was not written.</summary>
    public string? Path { get; }

    /// <summary>The name of the newer torrent, or a text that there is none.</summary>
    public override string ToString() => NewName ?? $"{Name}: no update";
}
