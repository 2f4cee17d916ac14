using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Sources;

public sealed class UpdateReaderTests
{
    private readonly UpdateReader _reader = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://a.example/feed", "http://a.example/feed?info_hash=")]
    [InlineData("http://a.example/feed?", "http://a.example/feed?info_hash=")]
    [InlineData("http://a.example/feed?key=%26x#part", "http://a.example/feed?key=%26x&info_hash=")]
    public void The_info_hash_is_added_to_the_address(string update, string asked)
    {
        TorrentMetainfo torrent = Torrents.Make();

        Assert.Equal(asked + torrent.TorrentId, UpdateReader.AddressOf(new Uri(update), torrent.TorrentId).AbsoluteUri);
    }

    [Fact]
    public async Task Only_a_newer_torrent_is_offered()
    {
        await using var server = RawHttpServer.Start();
        TorrentMetainfo torrent = With(server["/feed"]);
        string path = $"/feed?info_hash={torrent.TorrentId}";

        Assert.Null((await _reader.AskAsync(torrent, Token)).Torrent);
        foreach (string status in (string[])["204 No Content", "304 Not Modified", "404 Not Found", "410 Gone", "200 OK"])
        {
            server.Answer(path, Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
            Assert.Null((await _reader.AskAsync(torrent, Token)).Torrent);
        }

        server.Answer(path, RawHttpServer.Ok(torrent.Raw.ToArray()));
        Assert.Null((await _reader.AskAsync(torrent, Token)).Torrent);
        server.Answer(path, RawHttpServer.Ok(Torrents.Bytes("newer")));
        UpdateOffer offer = await _reader.AskAsync(torrent, Token);

        Assert.Equal("newer", offer.Torrent?.Name);
        Assert.Equal(TorrentSignature.NoOriginator, offer.Signature);
        Assert.All(server.Asked, asked => Assert.Equal(path, asked));
    }

    [Fact]
    public async Task An_answer_that_is_not_a_torrent_or_a_failing_server_is_an_error()
    {
        await using var server = RawHttpServer.Start();
        TorrentMetainfo torrent = With(server["/feed"]);

        await FailsAsync("<html>", TorrentErrorId.InvalidTorrent, "web page");
        await FailsAsync("magnet:?xt=urn:btih:0123456789012345678901234567890123456789", TorrentErrorId.InvalidTorrent, "magnet link");
        server.Answer($"/feed?info_hash={torrent.TorrentId}", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        var fault = await Assert.ThrowsAsync<TorrentException>(() => _reader.AskAsync(torrent, Token));
        Assert.Equal(TorrentErrorId.SourceNotReadable, fault.Error.Id);

        async Task FailsAsync(string content, string id, string mentions)
        {
            server.Answer($"/feed?info_hash={torrent.TorrentId}", RawHttpServer.Ok(Encoding.ASCII.GetBytes(content)));
            var fault = await Assert.ThrowsAsync<TorrentException>(() => _reader.AskAsync(torrent, Token));
            Assert.Equal(id, fault.Error.Id);
            Assert.Contains(mentions, fault.Error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_torrent_without_an_update_address_cannot_be_checked_for_updates() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _reader.AskAsync(Torrents.Make(), Token));

    private static TorrentMetainfo With(Uri update) => MetainfoReader.Read(Encoding.Latin1.GetBytes(
        $"d4:infod6:lengthi3e4:name1:a12:piece lengthi16384e6:pieces20:{new string('#', 20)}10:update-url{update.AbsoluteUri.Length}:{update.AbsoluteUri}ee"));
}
