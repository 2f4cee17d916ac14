using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class AddressReaderTests
{
    [Theory]
    [InlineData("http://t.example/announce")]
    [InlineData("http://t.example")]
    [InlineData("HTTPS://T.Example:8443/Announce?key=a+b&x=%7E")]
    [InlineData("udp://t.example:6969")]
    [InlineData("udp://[2001:db8::1]:6969/announce")]
    [InlineData("http://my_tracker.example/a%20b")]
    public void An_address_without_unusual_characters_stays_as_it_is_written(string text) => Assert.Equal(text, Read(text).OriginalString);

    [Theory]
    [InlineData("http://t.example/a b", "http://t.example/a%20b")]
    [InlineData("udp://t.example:1/a|b", "udp://t.example:1/a%7Cb")]
    [InlineData("https://t.example:99/{key}/announce?x=<1>", "https://t.example:99/%7Bkey%7D/announce?x=%3C1%3E")]
    [InlineData("http://t.example/a%zz\"^`", "http://t.example/a%25zz%22%5E%60")]
    [InlineData("http://t.example/ü/日本/😀", "http://t.example/%C3%BC/%E6%97%A5%E6%9C%AC/%F0%9F%98%80")]
    [InlineData("http://bücher.example/announce", "http://xn--bcher-kva.example/announce")]
    [InlineData("http://user:pa ss@t.example/a", "http://user:pa%20ss@t.example/a")]
    [InlineData("http://t.example/a#part", "http://t.example/a")]
    [InlineData("  http://t.example/announce?x=[1]\r\n", "http://t.example/announce?x=[1]")]
    public void Characters_that_are_invalid_in_an_address_are_escaped(string text, string expected) =>
        Assert.Equal(expected, Read(text).OriginalString);

    [Theory]
    [InlineData("http://t.example/a b")]
    [InlineData("http://t.example/ü/日本/😀/[x]/a%zz\\b")]
    [InlineData("http://bücher.example./x?{y}#z")]
    [InlineData("HTTP://T.Example:80")]
    public void An_address_that_was_read_is_read_again_unchanged(string text)
    {
        Uri once = Read(text);

        Assert.Equal(once.OriginalString, Read(once.OriginalString).OriginalString);
    }

    [Theory]
    [InlineData("http://T.Example:80/a b", "HTTP://t.example/a%20b")]
    [InlineData("udp://T.example:6969", "udp://t.example:6969/")]
    [InlineData("http://bücher.example/%41", "http://xn--bcher-kva.example/A")]
    public void Addresses_that_differ_in_their_spelling_only_are_equal(string one, string other) => Assert.Equal(Read(one), Read(other));

    [Theory]
    [InlineData("foo", "must begin with http://, https:// or udp://")]
    [InlineData("", "must begin with")]
    [InlineData("t.example:6969/announce", "must begin with")]
    [InlineData("wss://t.example/", "must begin with")]
    [InlineData("file:///etc/passwd", "must begin with")]
    [InlineData("http:/t.example/", "must begin with")]
    [InlineData("http://", "host name or its port")]
    [InlineData("http://t..example/a", "host name or its port")]
    [InlineData("http://t example/a", "host name or its port")]
    [InlineData("http://t.example:0/a", "host name or its port")]
    [InlineData("http://t.example:70000/a", "host name or its port")]
    [InlineData("udp:///a", "host name or its port")]
    [InlineData("udp://t.example/announce", "needs a port")]
    [InlineData("http://t.example/\u202Eexe", "invisible")]
    [InlineData("http://t.example/\u001B[31m", "control")]
    public void An_invalid_tracker_address_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(AddressReader.TryReadTracker(text, out Uri? address, out string? fault));

        Assert.Null(address);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
        Assert.Same(fault, DisplayText.Clean(fault));
    }

    [Fact]
    public void An_address_that_escapes_make_too_long_is_refused()
    {
        Assert.False(AddressReader.TryReadTracker("http://t.example/" + new string('{', 1000), out _, out string? fault));

        Assert.Contains("2048", fault, StringComparison.Ordinal);
        Assert.True(fault.Length < 400);
    }

    [Fact]
    public void A_web_seed_is_not_served_over_UDP()
    {
        Assert.True(AddressReader.TryReadWebSeed("https://w.example/my files/", out Uri? seed, out _));
        Assert.False(AddressReader.TryReadWebSeed("udp://w.example:1/", out _, out string? fault));

        Assert.Equal("https://w.example/my%20files/", seed.OriginalString);
        Assert.Contains("http:// or https://", fault, StringComparison.Ordinal);
    }

    private static Uri Read(string text)
    {
        Assert.True(AddressReader.TryReadTracker(text, out Uri? address, out string? fault), fault);
        return address;
    }
}
