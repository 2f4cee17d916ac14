using TorrentPatron.Cli.Demo;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Cli.Tests.Demo;

public sealed class DemoAnnounceTests
{
    private static readonly InfoHash Torrent = new([0, 37, 38, 61, 255, .. new byte[15]]);

    [Theory]
    [InlineData(0, AnnounceEvent.Started, true, false)]
    [InlineData(5, AnnounceEvent.None, false, false)]
    [InlineData(5, AnnounceEvent.Stopped, false, true)]
    public void Announces_of_the_engine_are_read(long left, AnnounceEvent what, bool isSeed, bool isLeaving)
    {
        Uri uri = HttpAnnounceCodec.BuildUri(new Uri("http://127.0.0.1:1/announce"), new AnnounceRequest
        {
            InfoHash = Torrent,
            PeerId = PeerId.Create(new Random(1)),
            Port = 6881,
            Left = left,
            Event = what,
        });

        var announce = DemoAnnounce.TryParse($"GET {uri.PathAndQuery} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

        Assert.Equal(new DemoAnnounce(Torrent, 6881, isSeed, isLeaving), announce);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /announce?")]
    [InlineData("GET /announce? HTTP/1.1")]
    [InlineData("GET /announce HTTP/1.1")]
    [InlineData("GET /scrape?info_hash=aaaaaaaaaaaaaaaaaaaa&port=1 HTTP/1.1")]
    [InlineData("GET /announce?info_hash=aaaaaaaaaaaaaaaaaaa&port=1 HTTP/1.1")]
    [InlineData("GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa&port=0 HTTP/1.1")]
    [InlineData("GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa&port=65536 HTTP/1.1")]
    [InlineData("GET /announce?info_hash=%&=&&port=1 HTTP/1.1")]
    [InlineData("POST /announce?info_hash=aaaaaaaaaaaaaaaaaaaa&port=1 HTTP/1.1")]
    public void Other_requests_are_not_announces(string request) => Assert.Null(DemoAnnounce.TryParse(request));
}
