using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads the trackers that a request gives.</summary>
internal static class TrackerAddresses
{
    /// <summary>The addresses, escaped.</summary>
    /// <param name="given">The addresses as they were given; relative ones among them.</param>
    /// <exception cref="TorrentException">One of them is not a tracker's address.</exception>
    public static IReadOnlyList<Uri> Read(IReadOnlyList<Uri> given)
    {
        var trackers = new List<Uri>(given.Count);
        foreach (Uri uri in given)
        {
            if (!AddressReader.TryReadTracker(uri.OriginalString, out Uri? tracker, out string? fault))
                throw new TorrentException(ServiceErrors.BadTracker(fault));
            trackers.Add(tracker);
        }

        return trackers;
    }
}
