using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Sources;

/// <summary>Where a .torrent is: a file, an address, or its very bytes.</summary>
public sealed class TorrentSource
{
    private TorrentSource()
    {
    }

    /// <summary>Path of a file; null where it is none.</summary>
    public string? FilePath { get; private init; }

    /// <summary>An address, of whatever scheme; null where it is none.</summary>
    public Uri? Address { get; private init; }

    /// <summary>The bytes themselves; null where they are not given.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; private init; }

    /// <summary>A .torrent file.</summary>
    /// <param name="path">Its path; one that is relative is below the process' current folder.</param>
    public static TorrentSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new TorrentSource { FilePath = path };
    }

    /// <summary>A .torrent at an address. A <c>file:</c> address is the file.</summary>
    /// <param name="address">An absolute address.</param>
    /// <exception cref="ArgumentException">The address is relative.</exception>
    public static TorrentSource FromAddress(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri)
            throw new ArgumentException("The address is relative.", nameof(address));
        return address.IsFile ? FromFile(address.LocalPath) : new TorrentSource { Address = address };
    }

    /// <summary>The bytes of a .torrent file.</summary>
    /// <param name="bytes">The whole file.</param>
    public static TorrentSource FromBytes(ReadOnlyMemory<byte> bytes) => new() { Bytes = bytes };

    /// <summary>Takes what a person gives: an address where it begins as one (or is a magnet link), else a path.</summary>
    /// <param name="text">The text.</param>
    public static TorrentSource Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        bool isAddress = text.IndexOf("://", StringComparison.Ordinal) > 0
            || text.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase);
        return isAddress && Uri.TryCreate(text, UriKind.Absolute, out Uri? address) ? FromAddress(address) : FromFile(text);
    }

    /// <summary>The source in words, safe to print: without an address' user name and query, which may be secret.</summary>
    public override string ToString()
    {
        if (FilePath is not null)
            return DisplayText.Clean(FilePath);
        if (Address is null)
            return "the bytes given";
        return DisplayText.Clean(Address.Host.Length == 0
            ? Address.Scheme + ":"
            : $"{Address.Scheme}://{Address.Authority}{Address.AbsolutePath}");
    }
}
