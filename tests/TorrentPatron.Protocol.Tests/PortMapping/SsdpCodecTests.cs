using System.Text;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Protocol.Tests.PortMapping;

public sealed class SsdpCodecTests
{
    [Fact]
    public void A_search_is_a_request_without_a_body()
    {
        Assert.Equal(
            "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
                + "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n",
            Encoding.ASCII.GetString(SsdpCodec.WriteSearch(SsdpCodec.Group, SsdpCodec.Targets[1], 1)));
    }

    [Fact]
    public void An_answer_contains_the_descriptions_address()
    {
        // As miniupnpd answers.
        SsdpAnswer? answer = Read(
            "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nEXT:\r\n"
            + "SERVER: Linux/5.0 UPnP/1.1 MiniUPnPd/2.3.1\r\nLocation: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n");

        Assert.Equal(new SsdpAnswer(new Uri("http://192.168.1.1:5000/rootDesc.xml"), "urn:schemas-upnp-org:device:InternetGatewayDevice:1"), answer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 404 No\r\nST: a\r\nLOCATION: http://192.168.1.1/\r\n\r\n")]
    [InlineData("NOTIFY * HTTP/1.1\r\nST: a\r\nLOCATION: http://192.168.1.1/\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: a\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: a\r\n\r\nLOCATION: http://192.168.1.1/\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: a\r\nLOCATION: file:///etc/passwd\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: a\r\nLOCATION: https://192.168.1.1/\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: a\r\nLOCATION: http://me:secret@192.168.1.1/\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: a\r\nLOCATION: /rootDesc.xml\r\n\r\n")]
    public void Other_datagrams_are_not_answers(string text) => Assert.Null(Read(text));

    [Fact]
    public void An_answer_that_is_too_long_is_ignored() =>
        Assert.Null(Read("HTTP/1.1 200 OK\r\nST: a\r\nLOCATION: http://192.168.1.1/" + new string('a', 1_024) + "\r\n\r\n"));

    private static SsdpAnswer? Read(string text) => SsdpCodec.Read(Encoding.ASCII.GetBytes(text));
}
