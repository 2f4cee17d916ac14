using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Magnets;

/// <summary>
/// A magnet link (BEP 9): a torrent's hash, and where to find peers. All text in a parsed link is safe to show.
/// </summary>
public sealed record MagnetLink
{
    /// <summary>The longest link, in characters.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>The most parameters, known or not.</summary>
    public const int MaxParameters = 1000;

    /// <summary>The most trackers, web seeds and peers that are accepted, each; the rest is ignored.</summary>
    public const int MaxAddresses = 100;

    /// <summary>The longest name, in characters; the rest is cut off.</summary>
    public const int MaxNameLength = 255;

    /// <summary>The beginning of every magnet link.</summary>
    public const string Prefix = "magnet:";

    /// <summary>The SHA-1 of the info dictionary (<c>xt=urn:btih:</c>); null if the link has only a v2 hash.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The SHA-256 of the info dictionary (<c>xt=urn:btmh:</c>, BEP 52); null if the link has none.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>The name to show until the torrent's own is known (<c>dn</c>); null if the link has none.</summary>
    public string? Name { get; init; }

    /// <summary>Trackers (<c>tr</c>; http, https, udp), each in a separate tier, without duplicates.</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Unsupported trackers (<c>tr</c>; wss, ws), the first few without duplicates. They are not written back.</summary>
    public IReadOnlyList<string> UnsupportedTrackers { get; init; } = [];

    /// <summary>Web seeds (<c>ws</c>, BEP 19; http, https), without duplicates.</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Peers (<c>x.pe</c>), without duplicates.</summary>
    public IReadOnlyList<HostEndPoint> Peers { get; init; } = [];

    /// <summary>
    /// DHT bootstrap nodes (<c>dht</c>, like libtorrent); at most <see cref="MetainfoReader.MaxDhtNodes"/>, without duplicates.
    /// </summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; init; } = [];

    /// <summary>The files to download, by index (<c>so</c>, BEP 53), in the link's order; empty means all.</summary>
    public IReadOnlyList<FileIndexRange> SelectedFiles { get; init; } = [];

    /// <summary>The torrent's id, as far as the link tells.</summary>
    public TorrentId TorrentId => new(InfoHash, InfoHashV2);

    /// <summary>Creates the link of a torrent, with its name, trackers and web seeds.</summary>
    /// <param name="metainfo">The torrent.</param>
    public static MagnetLink Of(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return new MagnetLink
        {
            InfoHash = metainfo.TorrentId.V1,
            InfoHashV2 = metainfo.TorrentId.V2,
            Name = metainfo.Name,
            Trackers = [.. metainfo.TrackerTiers.SelectMany(tier => tier)],
            WebSeeds = metainfo.WebSeeds,
            DhtNodes = metainfo.DhtNodes,
        };
    }

    /// <summary>Whether a text is meant as a magnet link, valid or not.</summary>
    /// <param name="text">Any text.</param>
    public static bool IsMagnet([NotNullWhen(true)] string? text) =>
        text is not null && text.AsSpan().TrimStart().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Parses a link.</summary>
    /// <param name="text">The link; surrounding white space is ignored.</param>
    /// <exception cref="FormatException">It is not a valid link; the message is a sentence that says why, safe to
    /// print.</exception>
    public static MagnetLink Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out MagnetLink? link, out string? fault) ? link : throw new FormatException(fault);
    }

    /// <summary>Parses a link. Invalid parts that are not essential, such as a bad tracker address, are ignored.</summary>
    /// <param name="text">The link; surrounding white space is ignored.</param>
    /// <param name="link">The link, where the text is one.</param>
    /// <param name="fault">A sentence that says why it is invalid, safe to print.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out MagnetLink? link, [NotNullWhen(false)] out string? fault)
    {
        link = null;
        fault = text is null ? "No magnet link was given." : MagnetReader.Read(text, out link);
        return fault is null;
    }

    /// <summary>The link in its canonical form: lower-case hexadecimal hashes first, everything else escaped.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Prefix).Append('?');
        if (InfoHash is { } v1)
            Append(text, "xt", $"urn:btih:{v1}");
        if (InfoHashV2 is { } v2)
            Append(text, "xt", $"urn:btmh:1220{v2}");
        if (!string.IsNullOrEmpty(Name))
            Append(text, "dn", Uri.EscapeDataString(Name));
        foreach (string tracker in Trackers)
            Append(text, "tr", Uri.EscapeDataString(tracker));
        foreach (string webSeed in WebSeeds)
            Append(text, "ws", Uri.EscapeDataString(webSeed));
        foreach (HostEndPoint peer in Peers)
            Append(text, "x.pe", peer.ToString());
        foreach (HostEndPoint node in DhtNodes)
            Append(text, "dht", node.ToString());
        if (SelectedFiles.Count > 0)
            Append(text, "so", string.Join(',', SelectedFiles));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string key, string value)
    {
        if (text[^1] != '?')
            text.Append('&');
        text.Append(CultureInfo.InvariantCulture, $"{key}={value}");
    }
}
