using System.Globalization;

namespace TorrentPatron.Protocol.Magnets;

/// <summary>Files of a torrent that follow one another, as a magnet link names them (BEP 53).</summary>
/// <param name="First">Index of the first, 0 or more.</param>
/// <param name="Last">Index of the last, not below the first; there may be no such file.</param>
public readonly record struct FileIndexRange(int First, int Last)
{
    /// <summary>The range as in a link: <c>4</c> or <c>6-8</c>.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
