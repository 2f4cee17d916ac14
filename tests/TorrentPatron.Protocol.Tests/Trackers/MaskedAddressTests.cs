using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Tests.Trackers;

public sealed class MaskedAddressTests
{
    [Theory]
    [InlineData("udp://tracker.example:1337/announce", "udp://tracker.example:1337/announce")]
    [InlineData("udp://tracker.example:1337", "udp://tracker.example:1337")]
    [InlineData("https://tracker.example/announce.php", "https://tracker.example/announce.php")]
    [InlineData("https://tracker.example/0123456789abcdef0123456789abcdef/announce", "https://tracker.example/***/announce")]
    [InlineData("https://tracker.example/a1/announce", "https://tracker.example/***/announce")]
    [InlineData("https://tracker.example/thisisaverylongonewithoutdigits/announce", "https://tracker.example/***/announce")]
    [InlineData("https://tracker.example/announce?passkey=abc&uk=1&bare", "https://tracker.example/announce?passkey=***&uk=***&***")]
    [InlineData("https://me:word@tracker.example:81/announce", "https://***@tracker.example:81/announce")]
    [InlineData("http://[2001:db8::1]:6969/k%20ey7/announce", "http://[2001:db8::1]:6969/***/announce")]
    public void A_trackers_address_is_shown_with_its_host_and_without_its_keys(string address, string shown)
    {
        Assert.Equal(shown, MaskedAddress.OfTracker(new Uri(address)));
        Assert.Equal(shown, MaskedAddress.OfTracker(address));
    }

    [Fact]
    public void A_text_that_is_not_an_address_is_masked_completely() => Assert.Equal("***", MaskedAddress.OfTracker("0123456789abcdef"));

    [Theory]
    [InlineData("https://user:word@example.org:81/a.torrent?passkey=1#x", "https://example.org:81/a.torrent")]
    [InlineData("https://example.org/dl/0123456789abcdef0123/ubuntu-24.04.torrent", "https://example.org/dl/***/ubuntu-24.04.torrent")]
    public void The_address_of_a_torrent_stays_recognisable(string address, string shown) =>
        Assert.Equal(shown, MaskedAddress.OfFile(new Uri(address)));

    [Fact]
    public void A_key_repeated_in_a_trackers_text_is_hidden()
    {
        var tracker = new Uri("https://tracker.example/0123456789ABCDEF/announce?uid=77777");
        Assert.Equal(
            "Passkey *** of *** is unknown to tracker.example.",
            MaskedAddress.Hide("Passkey 0123456789abcdef of 77777 is unknown to tracker.example.", tracker));
    }
}
