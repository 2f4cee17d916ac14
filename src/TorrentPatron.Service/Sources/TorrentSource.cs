using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Sources;

/// <summary>The location of a torrent: a .torrent file, an address, the bytes themselves, or a magnet link.</summary>
public sealed class TorrentSource
{
    private TorrentSource()
    {
    }

    /// <summary>The path of a file; null for other sources.</summary>
    public string? FilePath { get; private init; }

    /// <summary>An address of any scheme; null for other sources.</summary>
    public Uri? Address { get; private init; }

    /// <summary>A magnet link as it was given, valid or not; null for other sources.</summary>
    public string? MagnetText { get; private init; }

    /// <summary>The reach of the source, as far as it is known before reading: files, bytes and links come from a local user.</summary>
    internal AddressReach Reach { get; private init; }

    /// <summary>The torrent whose saved state it is; null for other sources.</summary>
    internal TorrentId? Saved { get; private init; }

    /// <summary>The bytes themselves; null for other sources.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; private init; }

    /// <summary>A .torrent file.</summary>
    /// <param name="path">Its path; a relative one starts at the process' current folder.</param>
    public static TorrentSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new TorrentSource { FilePath = path };
    }

    /// <summary>A magnet link (BEP 9).</summary>
    /// <param name="magnet">The link.</param>
    public static TorrentSource FromMagnet(MagnetLink magnet)
    {
        ArgumentNullException.ThrowIfNull(magnet);
        return new TorrentSource { MagnetText = magnet.ToString() };
    }

    /// <summary>A magnet link from elsewhere.</summary>
    internal static TorrentSource FromMagnet(MagnetLink magnet, AddressReach reach) => new() { MagnetText = magnet.ToString(), Reach = reach };

    /// <summary>A .torrent at an address. A <c>file:</c> address means the file, a <c>magnet:</c> address the link.</summary>
    /// <param name="address">An absolute address.</param>
    /// <exception cref="ArgumentException">The address is relative.</exception>
    public static TorrentSource FromAddress(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri)
            throw new ArgumentException("The address is relative.", nameof(address));
        if (address.IsFile)
            return FromFile(address.LocalPath);
        return MagnetLink.IsMagnet(address.OriginalString)
            ? new TorrentSource { MagnetText = address.OriginalString }
            : new TorrentSource { Address = address };
    }

    /// <summary>The bytes of a .torrent file.</summary>
    /// <param name="bytes">The whole file.</param>
    public static TorrentSource FromBytes(ReadOnlyMemory<byte> bytes) => new() { Bytes = bytes };

    /// <summary>Interprets a user's text: an address if it begins like one, a magnet link, or else a path.</summary>
    /// <param name="text">The text.</param>
    public static TorrentSource Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (MagnetLink.IsMagnet(text))
            return new TorrentSource { MagnetText = text };
        bool isAddress = text.IndexOf("://", StringComparison.Ordinal) > 0;
        return isAddress && Uri.TryCreate(text, UriKind.Absolute, out Uri? address) ? FromAddress(address) : FromFile(text);
    }

    /// <summary>A .torrent or magnet link in the state folder, which may have come from anywhere.</summary>
    internal static TorrentSource FromState(SavedTorrent saved) => new()
    {
        FilePath = saved.Magnet is null ? saved.MetainfoPath : null,
        MagnetText = saved.Magnet?.ToString(),
        Reach = AddressReach.Global,
        Saved = saved.TorrentId,
    };

    /// <summary>A description of the source, safe to print: an address is shown without user name, query and keys in its path.</summary>
    public override string ToString()
    {
        if (FilePath is not null)
            return DisplayText.Clean(FilePath);
        if (MagnetText is not null)
            return MagnetLink.Prefix;
        if (Address is null)
            return "the given bytes";
        return MaskedAddress.OfFile(Address);
    }
}
