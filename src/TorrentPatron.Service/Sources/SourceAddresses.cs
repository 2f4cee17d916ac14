using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Checks and escapes the addresses of a request.</summary>
internal static class SourceAddresses
{
    private delegate bool AddressRead(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? fault);

    /// <summary>The addresses of trackers, escaped.</summary>
    /// <param name="given">The given addresses, possibly relative.</param>
    /// <exception cref="TorrentException">An address is not a tracker's.</exception>
    public static IReadOnlyList<Uri> Trackers(IReadOnlyList<Uri> given) => Read(given, AddressReader.TryReadTracker, ServiceErrors.BadTracker);

    /// <summary>The addresses of web seeds, escaped.</summary>
    /// <param name="given">The given addresses, possibly relative.</param>
    /// <exception cref="TorrentException">An address is not a web seed's.</exception>
    public static IReadOnlyList<Uri> WebSeeds(IReadOnlyList<Uri> given) => Read(given, AddressReader.TryReadWebSeed, ServiceErrors.BadWebSeed);

    private static Uri[] Read(IReadOnlyList<Uri> given, AddressRead read, Func<string, TorrentError> errorOf)
    {
        // Empty for most torrents, which then share one list.
        Uri[] addresses = given.Count == 0 ? [] : new Uri[given.Count];
        for (int i = 0; i < addresses.Length; i++)
        {
            if (!read(given[i].OriginalString, out Uri? address, out string? fault))
                throw new TorrentException(errorOf(fault));
            addresses[i] = address;
        }

        return addresses;
    }
}
