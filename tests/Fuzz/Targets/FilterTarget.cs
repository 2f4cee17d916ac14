using System.Net;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>IP filters: files from the web.</summary>
internal sealed class FilterTarget : IFuzzTarget
{
    public string Name => "filter";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            "# eMule\n001.002.004.000 - 001.002.004.255 , 127 , name\r\n003.000.000.000 - 003.255.255.255 , 128 , allowed\n"u8.ToArray(),
            "name: of it:1.0.0.0-1.0.0.255\nother:2.0.0.0-2.0.0.9\n"u8.ToArray(),
            "192.0.2.1\n10.0.0.0/8 # private\n2001:db8::/32\n2001:db9::1-2001:db9::9\n::ffff:1.2.3.4\n0.0.0.0/0\n::/0"u8.ToArray(),
        ]);

    public long AllowedBytes(int length) => 64 * 1024 + (400L * length);

    public bool Run(byte[] input)
    {
        FilterReader whole = Read([input]), pieces = Read(input.Chunk(7));
        AddressRanges ranges = whole.Build();
        Property.Holds(
            (whole.Ranges, whole.BadLines, whole.FirstBadLine, whole.AllowedRanges) == (pieces.Ranges, pieces.BadLines, pieces.FirstBadLine, pieces.AllowedRanges),
            "the result does not depend on the parts");
        Property.Holds(ranges.Count <= whole.Ranges, "ranges are merged");
        Property.Holds(ranges.Count == 0 == (whole.Ranges == 0), "no range is lost");
        foreach (IPAddress address in new[] { IPAddress.Any, IPAddress.Broadcast, IPAddress.IPv6Any, IPAddress.IPv6Loopback })
            Property.Holds(ranges.Contains(address) == pieces.Build().Contains(address), "a look-up ends");
        return whole.Ranges > 0 && whole.BadLines == 0;
    }

    private static FilterReader Read(IEnumerable<byte[]> pieces)
    {
        var reader = new FilterReader();
        reader.BeginFile();
        foreach (byte[] piece in pieces)
            reader.Add(piece);
        reader.EndFile();
        return reader;
    }
}
