using System.Collections.ObjectModel;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The contents of a .torrent file. Immutable; sizes are bytes. All text is safe to print.</summary>
public sealed class TorrentInfo
{
    /// <summary>Takes the result of a reader.</summary>
    /// <param name="metainfo">The metainfo.</param>
    /// <param name="reach">The reach of its source.</param>
    internal TorrentInfo(TorrentMetainfo metainfo, AddressReach reach)
    {
        Metainfo = metainfo;
        Reach = reach;
        Name = metainfo.Name;
        InfoHash = metainfo.TorrentId.ToString();
        InfoHashV2 = metainfo.TorrentId.V2?.ToString();
        Version = metainfo.Version;
        TotalSize = metainfo.ContentSize;
        PieceLength = metainfo.PieceLength;
        PieceCount = metainfo.PieceCount;
        Files = [.. metainfo.Files.Where(file => !file.IsPadding).Select(file => new TorrentInfoFile(file))];
        Trackers = [.. metainfo.TrackerTiers.SelectMany(tier => tier)];
        MaskedTrackers = [.. Trackers.Select(MaskedAddress.OfTracker)];
        TrackerTiers = metainfo.TrackerTiers;
        WebSeeds = metainfo.WebSeeds;
        IsPrivate = metainfo.IsPrivate;
        Comment = metainfo.Comment;
        CreatedBy = metainfo.CreatedBy;
        CreationDate = metainfo.CreationDate?.LocalDateTime;
        Source = metainfo.Source;
        Similar = [.. metainfo.Similar.Select(torrent => torrent.ToString())];
        Collections = metainfo.Collections;
        UpdateUrl = metainfo.UpdateUrl;
        Originator = NameOf(metainfo.Originator);
    }

    /// <summary>The name of the file, or of the folder of the files.</summary>
    public string Name { get; }

    /// <summary>The torrent's identifier in all cmdlets: 40 lower-case hexadecimal digits, or 64 for a v2-only torrent.</summary>
    public string InfoHash { get; }

    /// <summary>The SHA-256 info hash of a v2 or hybrid torrent as 64 hexadecimal digits (BEP 52); otherwise null.</summary>
    public string? InfoHashV2 { get; }

    /// <summary>The torrent's format.</summary>
    public MetainfoVersion Version { get; }

    /// <summary>Size of all files together.</summary>
    public long TotalSize { get; }

    /// <summary>Size of each piece except the last.</summary>
    public int PieceLength { get; }

    /// <summary>Number of pieces.</summary>
    public int PieceCount { get; }

    /// <summary>The files, without padding, in the torrent's order.</summary>
    public ReadOnlyCollection<TorrentInfoFile> Files { get; }

    /// <summary>All trackers, in the order of their tiers. Their addresses may contain a personal key.</summary>
    public ReadOnlyCollection<string> Trackers { get; }

    /// <summary>The trackers for display, with *** for a possible key.</summary>
    public ReadOnlyCollection<string> MaskedTrackers { get; }

    /// <summary>The trackers in their tiers (BEP 12).</summary>
    public ReadOnlyCollection<ReadOnlyCollection<string>> TrackerTiers { get; }

    /// <summary>Addresses that serve the files themselves (BEP 19).</summary>
    public ReadOnlyCollection<string> WebSeeds { get; }

    /// <summary>Whether peers may come from the trackers only (BEP 27).</summary>
    public bool IsPrivate { get; }

    /// <summary>The author's comment, if any.</summary>
    public string? Comment { get; }

    /// <summary>The program that made the torrent, if known.</summary>
    public string? CreatedBy { get; }

    /// <summary>When the torrent was made, local time, if known.</summary>
    public DateTime? CreationDate { get; }

    /// <summary>The mark of a private tracker, if any.</summary>
    public string? Source { get; }

    /// <summary>Info hashes of torrents that may share files with this one (BEP 38).</summary>
    public ReadOnlyCollection<string> Similar { get; }

    /// <summary>The collections that it belongs to; torrents of one collection may share files (BEP 38).</summary>
    public ReadOnlyCollection<string> Collections { get; }

    /// <summary>The address of a newer torrent (BEP 39), if any. Only Get-TorrentUpdate asks it.</summary>
    public Uri? UpdateUrl { get; }

    /// <summary>The owner of the certificate that the torrent names for its updates (BEP 39), if any. Get-TorrentUpdate verifies newer torrents with it.</summary>
    public string? Originator { get; }

    /// <summary>The metainfo itself.</summary>
    internal TorrentMetainfo Metainfo { get; }

    /// <summary>The reach of its source, which limits the addresses of peers and DHT nodes that it may name.</summary>
    internal AddressReach Reach { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static string? NameOf(ReadOnlyMemory<byte> certificate)
    {
        if (certificate.IsEmpty)
            return null;
        try
        {
            using X509Certificate2 read = X509CertificateLoader.LoadCertificate(certificate.Span);
            return DisplayText.Clean(read.Subject);
        }
        catch (CryptographicException)
        {
            return "(not a certificate)";
        }
    }
}
