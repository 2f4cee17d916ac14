using System.Net;
using System.Text;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Protocol.Tests.Filters;

/// <summary>IP filters in common formats.</summary>
public sealed class FilterReaderTests
{
    [Fact]
    public void An_eMule_filter_blocks_up_to_level_127()
    {
        (AddressRanges ranges, FilterReader reader) = Read(
            """
            # ipfilter.dat
            000.000.000.000 - 000.255.255.255 , 000 , Bogon
            001.002.004.000 - 001.002.004.255 , 127 , China Internet Information Center (CNNIC)
            003.000.000.000 - 003.255.255.255 , 128 , Allowed, with a comma
            004.000.000.000 - 004.255.255.255 , 255 , Allowed
            008.008.008.008-008.008.008.009,100,no spaces
            """);

        Assert.Equal((0, 2), (reader.BadLines, reader.AllowedRanges));
        Holds(ranges, ["0.0.0.0", "0.255.255.255", "1.2.4.0", "1.2.4.255", "8.8.8.8", "8.8.8.9"], ["1.0.0.0", "1.2.3.255", "1.2.5.0", "3.1.1.1", "4.1.1.1", "8.8.8.10"]);
    }

    [Fact]
    public void A_PeerGuardian_filter_may_have_any_characters_in_names()
    {
        (AddressRanges ranges, FilterReader reader) = Read(
            """
            Some organization:1.0.0.0-1.0.0.255
            Another: with a colon, and 9.9.9.9:2.0.0.0-2.0.0.9
            7.7.7.7:3.0.0.0 - 3.0.0.1
            :4.0.0.0-4.0.0.0
            """);

        Assert.Equal(0, reader.BadLines);
        Holds(ranges, ["1.0.0.0", "1.0.0.255", "2.0.0.9", "3.0.0.1", "4.0.0.0"], ["1.0.1.0", "9.9.9.9", "7.7.7.7", "4.0.0.1"]);
    }

    [Fact]
    public void A_plain_list_has_addresses_networks_and_ranges_of_both_IP_versions()
    {
        (AddressRanges ranges, FilterReader reader) = Read(
            "\uFEFF192.0.2.1\r\n\r\n// comment\r\n; comment\r\n10.1.2.3/8 # bits behind the prefix\r\n2001:db8::/32\r\n  2001:DB9::1 - 2001:db9::9  \r\n::ffff:198.51.100.7\r\n0.0.0.0/32\r\n");

        Assert.Equal(0, reader.BadLines);
        Holds(
            ranges, ["192.0.2.1", "10.0.0.0", "10.255.255.255", "2001:db8:ffff::1", "2001:db9::5", "198.51.100.7", "::ffff:10.0.0.1"],
            ["192.0.2.2", "11.0.0.0", "2001:db9::a", "2001:db7::1", "::a00:1"]);
    }

    [Fact]
    public void A_network_of_prefix_0_is_all_of_its_IP_version()
    {
        Holds(Read("0.0.0.0/0").Ranges, ["0.0.0.0", "255.255.255.255"], ["::"]);
        Holds(Read("::/0").Ranges, ["::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["1.1.1.1"]);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.0001")]
    [InlineData("1.2.3.4/33")]
    [InlineData("1.2.3.4/-1")]
    [InlineData("2001:db8::/129")]
    [InlineData("9.9.9.9-1.1.1.1")]
    [InlineData("1.1.1.1-2001:db8::")]
    [InlineData("1.2.3.4 , level")]
    [InlineData("name:1.2.3.4")]
    [InlineData("1.2.3.4 9.9.9.9")]
    [InlineData("fe80::1%eth0")]
    public void An_invalid_range_is_a_bad_line_reported_with_its_number(string line)
    {
        (AddressRanges ranges, FilterReader reader) = Read($"# comment\n5.5.5.5\n{line}\n6.6.6.6");

        Assert.Equal((1, 3, 2), (reader.BadLines, reader.FirstBadLine, ranges.Count));
    }

    [Fact]
    public void A_line_without_an_end_is_bad_and_costs_no_memory()
    {
        var reader = new FilterReader();
        byte[] text = [.. Enumerable.Repeat((byte)'1', 100_000)];
        for (int i = 0; i < 100; i++)
            Assert.True(reader.Add(text));
        Assert.True(reader.Add("\n1.1.1.1"u8));
        reader.EndFile();

        Assert.Equal((1, 1, 1), (reader.BadLines, reader.FirstBadLine, reader.Build().Count));
    }

    [Fact]
    public void Text_can_arrive_in_parts_of_any_size()
    {
        byte[] text = Encoding.UTF8.GetBytes("a:1.0.0.0-1.0.0.9\r\n002.0.0.0 - 002.0.0.9 , 5 , x\r\nbad\r\n2001:db8::/32");
        for (int size = 1; size < 20; size++)
        {
            var reader = new FilterReader();
            foreach (byte[] piece in text.Chunk(size))
                reader.Add(piece);
            reader.EndFile();
            Assert.Equal((3, 1, 3), (reader.Build().Count, reader.BadLines, reader.FirstBadLine));
        }
    }

    [Fact]
    public void Ranges_that_overlap_or_touch_become_one()
    {
        AddressRanges ranges = Read("10.0.0.0-10.0.0.9\n10.0.0.5-10.0.0.20\n10.0.0.21\n10.0.0.1\n10.0.0.23\n::1\n::2\n0.0.0.0\n255.255.255.255").Ranges;

        Assert.Equal(5, ranges.Count);
        Holds(ranges, ["10.0.0.21", "10.0.0.23", "0.0.0.0", "255.255.255.255", "::2"], ["10.0.0.22", "::3"]);
    }

    [Fact]
    public void A_million_ranges_take_eight_bytes_each_and_are_found()
    {
        const int Count = 1_000_000;
        var text = new StringBuilder();
        for (uint i = 0; i < Count; i++)
        {
            // Out of order, none adjacent to another.
            uint first = (uint)(((ulong)i * 7_919 % Count) * 4_000);
            text.Append("x:").Append(new IPAddress(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(first))).Append('-')
                .Append(new IPAddress(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(first + 99))).Append('\n');
        }

        byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
        text.Clear();
        var reader = new FilterReader();
        Assert.True(reader.Add(bytes));
        AddressRanges ranges = reader.Build();
        Assert.Equal((Count, 0), (ranges.Count, reader.BadLines));
        // Not counting the reader, which is released.
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isIn = ranges.Contains(IPAddress.Parse("0.0.15.160")), isOut = ranges.Contains(IPAddress.Parse("0.0.16.4"));
        Assert.True(isIn);
        Assert.False(isOut);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000, "a look-up allocates nothing of its own");
        Assert.InRange(ranges.Bytes, 8L * Count, 10L * 1024 * 1024);
    }

    [Fact]
    public void A_lookup_agrees_with_a_linear_search()
    {
        var random = new Random(5);
        AddressRange[] all =
        [
            .. Enumerable.Range(0, 300).Select(i =>
            {
                Assert.True(AddressRange.TryParse($"10.0.{random.Next(4)}.{random.Next(256)}/{random.Next(24, 33)}", out AddressRange range));
                return range;
            }),
        ];
        AddressRanges ranges = AddressRanges.Of(all.Take(40));
        for (int i = 0; i < 1024; i++)
        {
            IPAddress address = new([10, 0, (byte)(i >> 8), (byte)i]);
            Assert.Equal(all.Take(40).Any(range => range.Contains(address)), ranges.Contains(address));
        }
    }

    private static (AddressRanges Ranges, FilterReader Reader) Read(string text)
    {
        var reader = new FilterReader();
        reader.BeginFile();
        Assert.True(reader.Add(Encoding.UTF8.GetBytes(text)));
        reader.EndFile();
        return (reader.Build(), reader);
    }

    private static void Holds(AddressRanges ranges, string[] inside, string[] outside)
    {
        Assert.All(inside, address => Assert.True(ranges.Contains(IPAddress.Parse(address)), address));
        Assert.All(outside, address => Assert.False(ranges.Contains(IPAddress.Parse(address)), address));
    }
}
