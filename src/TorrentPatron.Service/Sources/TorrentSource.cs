using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Sources;

/// <summary>Where a torrent is: a .torrent file, an address, its very bytes, or a magnet link to it.</summary>
public sealed class TorrentSource
{
    private TorrentSource()
    {
    }

    /// <summary>Path of a file; null where it is none.</summary>
    public string? FilePath { get; private init; }

    /// <summary>An address, of whatever scheme; null where it is none.</summary>
    public Uri? Address { get; private init; }

    /// <summary>A magnet link as it was given, good or bad; null where it is none.</summary>
    public string? MagnetText { get; private init; }

    /// <summary>How near the source is, as far as that is known before it is read: files, bytes and links are given by somebody here.</summary>
    internal AddressReach Reach { get; private init; }

    /// <summary>The torrent whose saved state it is; null: it is not of a state folder.</summary>
    internal TorrentId? Saved { get; private init; }

    /// <summary>The bytes themselves; null where they are not given.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; private init; }

    /// <summary>A .torrent file.</summary>
    /// <param name="path">Its path; one that is relative is below the process' current folder.</param>
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

    /// <summary>A magnet link that came from somewhere else.</summary>
    internal static TorrentSource FromMagnet(MagnetLink magnet, AddressReach reach) => new() { MagnetText = magnet.ToString(), Reach = reach };

    /// <summary>A .torrent at an address. A <c>file:</c> address is the file, a <c>magnet:</c> address the link.</summary>
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

    /// <summary>Takes what a person gives: an address where it begins as one (or is a magnet link), else a path.</summary>
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

    /// <summary>The source in words, safe to print: without an address' user name, query and keys in its path.</summary>
    public override string ToString()
    {
        if (FilePath is not null)
            return DisplayText.Clean(FilePath);
        if (MagnetText is not null)
            return MagnetLink.Prefix;
        if (Address is null)
            return "the bytes given";
        return MaskedAddress.OfFile(Address);
    }
}
