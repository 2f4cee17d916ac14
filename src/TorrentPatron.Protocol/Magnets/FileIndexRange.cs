using System.Globalization;

namespace TorrentPatron.Protocol.Magnets;

/// <summary>Consecutive files of a torrent, in the form of magnet links (BEP 53).</summary>
/// <param name="First">Index of the first, 0 or more.</param>
/// <param name="Last">Index of the last, not below the first; such a file may not exist.</param>
public readonly record struct FileIndexRange(int First, int Last)
{
    /// <summary>The range in the form of links: <c>4</c> or <c>6-8</c>.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
