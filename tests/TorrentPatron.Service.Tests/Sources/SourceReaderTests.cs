using System.Collections.ObjectModel;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Sources;

public sealed class SourceReaderTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly SourceReader _reader = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_file_an_address_and_bytes_give_the_same_torrent()
    {
        byte[] bytes = Torrents.Bytes();
        string path = _temp["ä b.torrent"];
        await File.WriteAllBytesAsync(path, bytes, Token);
        await using var server = RawHttpServer.Start();
        server.Answer("/a.torrent?key=1", RawHttpServer.Ok(bytes));

        foreach (TorrentSource source in (TorrentSource[])
            [
                TorrentSource.FromFile(path),
                TorrentSource.Parse(path),
                TorrentSource.FromAddress(new Uri(path)),
                TorrentSource.FromBytes(bytes),
                TorrentSource.Parse(server["/a.torrent?key=1"].ToString()),
            ])
        {
            TorrentMetainfo metainfo = await _reader.ReadAsync(source, Token);
            Assert.Equal(Torrents.Hash(), metainfo.TorrentId);
        }
    }

    [Fact]
    public async Task Files_that_cannot_be_read_are_distinguished()
    {
        await FailsAsync(TorrentSource.FromFile(_temp["missing.torrent"]), TorrentErrorId.SourceNotReadable, "does not exist");
        await FailsAsync(TorrentSource.FromFile(_temp["no", "folder"]), TorrentErrorId.SourceNotReadable, "does not exist");
        await FailsAsync(TorrentSource.FromFile(_temp.Path), TorrentErrorId.SourceNotReadable, "is a folder");
        await FailsAsync(TorrentSource.FromFile("a\0b"), TorrentErrorId.SourceNotReadable, "cannot be read");
    }

    [Fact]
    public async Task Content_that_is_not_a_torrent_is_refused_with_the_reason()
    {
        byte[] bytes = Torrents.Bytes();
        await FailsAsync(await FileAsync([]), TorrentErrorId.InvalidTorrent, "empty");
        await FailsAsync(await FileAsync("<html>"u8.ToArray()), TorrentErrorId.InvalidTorrent, "web page");
        await FailsAsync(await FileAsync(bytes[..^5]), TorrentErrorId.InvalidTorrent, "truncated");
        await FailsAsync(await FileAsync("hello"u8.ToArray()), TorrentErrorId.InvalidTorrent, "not a torrent");
        byte[] tooMuch = new byte[MetainfoReader.MaxFileBytes + 1];
        await FailsAsync(await FileAsync(tooMuch), TorrentErrorId.InvalidTorrent, "larger than 32 MiB");
        await FailsAsync(TorrentSource.FromBytes(tooMuch), TorrentErrorId.InvalidTorrent, "the limit for a torrent file");
    }

    [Theory]
    [InlineData("magnet:?xt=urn:btih:0123456789012345678901234567890123456789", "magnet")]
    [InlineData("ftp://127.0.0.1/a.torrent", "ftp:")]
    public async Task Other_kinds_of_sources_are_refused_with_what_to_use_instead(string text, string mentions) =>
        await FailsAsync(TorrentSource.Parse(text), TorrentErrorId.UnsupportedSource, mentions);

    [Theory]
    [InlineData("magnet:?xt=urn:btih:0123456789012345678901234567890123456789&dn=a+name")]
    [InlineData(" MAGNET:?dn=a+name&xt=urn:btih:0123456789012345678901234567890123456789\n")]
    public async Task A_magnet_link_is_read_from_text_an_address_and_a_file(string text)
    {
        SourceContent asText = await new SourceReader().ReadContentAsync(TorrentSource.Parse(text), Token);
        SourceContent asAddress = await new SourceReader().ReadContentAsync(TorrentSource.FromAddress(new Uri(text.Trim())), Token);
        SourceContent asFile = await new SourceReader().ReadContentAsync(
            await FileAsync(Encoding.UTF8.GetBytes(text.Replace("MAGNET", "magnet", StringComparison.Ordinal))), Token);

        Assert.All([asText, asAddress, asFile], content =>
        {
            Assert.Null(content.Metainfo);
            Assert.Equal("a name", content.Magnet!.Name);
            Assert.Equal("0123456789012345678901234567890123456789", content.TorrentId.ToString());
        });
    }

    [Theory]
    [InlineData("magnet:?xt=urn:btih:0123")]
    [InlineData("magnet:?dn=nothing")]
    public async Task An_invalid_magnet_link_is_refused_with_the_reason(string text)
    {
        var fault = await Assert.ThrowsAsync<TorrentException>(() => new SourceReader().ReadContentAsync(TorrentSource.Parse(text), Token));

        Assert.Equal(TorrentErrorId.InvalidTorrent, fault.Error.Id);
        Assert.Contains("magnet link", fault.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_connection_a_missing_page_and_a_broken_answer_are_reported()
    {
        await using var server = RawHttpServer.Start();
        server.Answer("/cut", RawHttpServer.Ok(Torrents.Bytes())[..^5]);
        server.Answer("/garbage", "no http\r\n\r\n"u8.ToArray());
        server.Answer("/zip", RawHttpServer.Ok("not zipped"u8.ToArray(), "Content-Encoding: gzip\r\n"));

        await FailsAsync(server, "/missing", "404");
        await FailsAsync(server, "/cut", "ended the connection early");
        await FailsAsync(server, "/garbage", "ended the connection early");
        await FailsAsync(server, "/zip", "ended the connection early");
        Uri closed = server["/"];
        await server.DisposeAsync();
        await FailsAsync(TorrentSource.FromAddress(closed), TorrentErrorId.SourceNotReadable, "cannot be reached");
    }

    [Fact]
    public async Task A_compressed_answer_is_unpacked_and_its_unpacked_size_is_bounded()
    {
        await using var server = RawHttpServer.Start();
        server.Answer("/good", RawHttpServer.Ok(Zip(Torrents.Bytes()), "Content-Encoding: gzip\r\n"));
        server.Answer("/bomb", RawHttpServer.Ok(Zip(new byte[50 << 20]), "Content-Encoding: gzip\r\n"));

        Assert.Equal(Torrents.Hash(), (await _reader.ReadAsync(TorrentSource.FromAddress(server["/good"]), Token)).TorrentId);
        await FailsAsync(TorrentSource.FromAddress(server["/bomb"]), TorrentErrorId.InvalidTorrent, "larger than 32 MiB");
    }

    [Fact]
    public async Task Redirects_are_followed_five_times_and_to_http_only()
    {
        await using var server = RawHttpServer.Start();
        for (int i = 0; i < 6; i++)
            server.Answer($"/{i}", RawHttpServer.Redirect($"/{i + 1}"));
        server.Answer("/6", RawHttpServer.Ok(Torrents.Bytes()));
        server.Answer("/file", RawHttpServer.Redirect("file:///etc/passwd"));
        server.Answer("/bad", RawHttpServer.Redirect("http://["));

        Assert.Equal(Torrents.Hash(), (await _reader.ReadAsync(TorrentSource.FromAddress(server["/1"]), Token)).TorrentId);
        await FailsAsync(server, "/0", "more than 5 times");
        await FailsAsync(server, "/file", "an address that is not http");
        await FailsAsync(server, "/bad", "an address that is not http");
    }

    [Fact]
    public async Task Redirects_from_the_internet_into_the_local_network_are_refused()
    {
        await using var server = RawHttpServer.Start();
        server.Answer("/in", RawHttpServer.Redirect($"http://127.0.0.1:{server.Port}/secret"));
        server.Answer("/out", RawHttpServer.Redirect($"http://public.example:{server.Port}/torrent"));
        server.Answer("/torrent", RawHttpServer.Ok(Torrents.Bytes()));
        server.Answer("/secret", RawHttpServer.Ok(Torrents.Bytes()));
        var reader = new SourceReader(network: new LoopbackNetwork());

        await FailsAsync(
            reader,
            TorrentSource.Parse($"http://public.example:{server.Port}/in"),
            TorrentErrorId.SourceNotReadable,
            "from the internet into this machine's own network");
        Assert.DoesNotContain("/secret", server.Asked);
        Assert.Equal(Torrents.Hash(), (await reader.ReadAsync(TorrentSource.FromAddress(server["/out"]), Token)).TorrentId);
        Assert.Equal(Torrents.Hash(), (await reader.ReadAsync(TorrentSource.FromAddress(server["/secret"]), Token)).TorrentId);
    }

    [Fact]
    public async Task A_torrent_is_fetched_from_the_bind_address_of_the_service_and_from_the_new_one_after_a_change()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "macOS has only 127.0.0.1.");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var source = new StartRequest { Source = TorrentSource.Parse($"http://{server.LocalEndpoint}/a.torrent") };
        await using var service = new TorrentService(
            new ServiceSettings { Client = new ClientSettings { BindAddress = IPAddress.Parse("127.0.0.2") }, StatePath = _temp["state"] },
            _ => throw new InvalidOperationException("What is fetched is not a torrent, so no engine is needed."));

        Assert.Equal("127.0.0.2", await SeenAsync());
        await service.ApplyAsync(service.Settings.Client with { BindAddress = IPAddress.Parse("127.0.0.3") }, Token);
        Assert.Equal("127.0.0.3", await SeenAsync());

        async Task<string> SeenAsync()
        {
            await using Patron patron = service.CreatePatron();
            Task<TorrentAnswer> starting = patron.StartAsync(source, Token);
            using TcpClient client = await server.AcceptTcpClientAsync(Token);
            await client.GetStream().WriteAsync(RawHttpServer.Ok("nothing"u8.ToArray()), Token);
            Assert.IsType<TorrentStartFail>(await starting);
            return ((IPEndPoint)client.Client.RemoteEndPoint!).Address.ToString();
        }
    }

    [Fact]
    public async Task A_torrent_of_half_a_million_pieces_is_read_from_a_file_an_address_and_its_bytes()
    {
        byte[] bytes = Torrents.Bytes(pieces: 500_000);
        await using var server = RawHttpServer.Start();
        server.Answer("/large", RawHttpServer.Ok(bytes));

        foreach (TorrentSource source in (TorrentSource[])[await FileAsync(bytes), TorrentSource.FromAddress(server["/large"]), TorrentSource.FromBytes(bytes)])
            Assert.Equal(500_000, (await _reader.ReadAsync(source, Token)).PieceCount);
    }

    [Fact]
    public async Task DHT_nodes_in_the_local_network_are_dropped_from_a_torrent_from_the_internet()
    {
        byte[] bytes = [.. Torrents.Bytes()[..^1], .. "5:nodesll9:127.0.0.1i1eel11:192.168.1.1i2eel7:8.8.8.8i3eel9:224.0.0.1i4eel12:node.examplei5eeee"u8];
        await using var server = RawHttpServer.Start();
        server.Answer("/torrent", RawHttpServer.Ok(bytes));
        var reader = new SourceReader(network: new LoopbackNetwork());

        Assert.Equal("1 2 3 5", await PortsAsync(await FileAsync(bytes)));
        Assert.Equal("1 2 3 5", await PortsAsync(TorrentSource.FromBytes(bytes)));
        Assert.Equal("1 2 3 5", await PortsAsync(TorrentSource.FromAddress(server["/torrent"])));
        Assert.Equal("3 5", await PortsAsync(TorrentSource.Parse($"http://public.example:{server.Port}/torrent")));
        Assert.Equal("3 5", await PortsAsync(TorrentSource.FromState(new SavedTorrent(default, _temp["x.torrent"], null))));

        // Read first and started later, as Get-TorrentInfo and patron seed do, it has the same reach.
        SourceContent read = await reader.ReadTorrentAsync(TorrentSource.Parse($"http://public.example:{server.Port}/torrent"), Token);
        var request = new StartRequest { Metainfo = read.Metainfo, Reach = read.Reach };
        Assert.Equal(AddressReach.Global, request.Reach);

        async Task<string> PortsAsync(TorrentSource source)
        {
            var order = new StartOrder(new StartRequest(), await reader.ReadContentAsync(source, Token), []);
            return string.Join(' ', order.DhtNodes.Select(node => node.Port));
        }
    }

    [Fact]
    public async Task Peers_and_nodes_in_the_local_network_are_dropped_from_a_link_from_the_internet()
    {
        byte[] link = System.Text.Encoding.ASCII.GetBytes(
            $"magnet:?xt=urn:btih:{Torrents.Make().InfoHash}&x.pe=127.0.0.1:2001&x.pe=8.8.8.8:2002&dht=192.168.1.1:2003&dht=8.8.8.8:2004");
        await using var server = RawHttpServer.Start();
        server.Answer("/link", RawHttpServer.Ok(link));
        var reader = new SourceReader(network: new LoopbackNetwork());

        Assert.Equal("2001 2002 2003 2004", await PortsAsync(TorrentSource.FromBytes(link)));
        Assert.Equal("2002 2004", await PortsAsync(TorrentSource.Parse($"http://public.example:{server.Port}/link")));
        var magnet = Protocol.Magnets.MagnetLink.Parse(Encoding.ASCII.GetString(link));
        Assert.Equal("2002 2004", await PortsAsync(TorrentSource.FromState(new SavedTorrent(default, "", null) { Magnet = magnet })));

        async Task<string> PortsAsync(TorrentSource source)
        {
            var order = new StartOrder(new StartRequest(), await reader.ReadContentAsync(source, Token), []);
            return string.Join(' ', order.FoundPeers.Select(peer => peer.Port).Concat(order.DhtNodes.Select(node => node.Port)));
        }
    }

    [Fact]
    public async Task A_trickling_answer_times_out_after_five_minutes()
    {
        await using var server = RawHttpServer.Start();
        using var drips = new SemaphoreSlim(0);
        server.Drip("/slow", RawHttpServer.Ok(Torrents.Bytes()), drips);
        var time = new RearmedTime();
        Task<TorrentMetainfo> reading = new SourceReader(time).ReadAsync(TorrentSource.FromAddress(server["/slow"]), Token);

        for (int i = 0; i < 14; i++)
        {
            drips.Release();
            await time.Rearmed.WaitAsync(Token);
            time.Advance(TimeSpan.FromSeconds(20));
            Assert.False(reading.IsCompleted);
        }

        // One more, so that the silence timeout does not end it at the same moment.
        drips.Release();
        await time.Rearmed.WaitAsync(Token);
        time.Advance(TimeSpan.FromSeconds(20));
        var fault = await Assert.ThrowsAsync<TorrentException>(() => reading);
        Assert.Contains("within 5 minutes", fault.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_answer_times_out_after_thirty_seconds()
    {
        await using var server = RawHttpServer.Start();
        var never = new TaskCompletionSource();
        server.Answer("/slow", RawHttpServer.Ok(Torrents.Bytes()), never.Task);
        var time = new FakeTimeProvider();
        Task<TorrentMetainfo> reading = new SourceReader(time).ReadAsync(TorrentSource.FromAddress(server["/slow"]), Token);

        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        var fault = await Assert.ThrowsAsync<TorrentException>(() => reading);
        Assert.Contains("nothing for 30 s", fault.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_can_be_cancelled()
    {
        await using var server = RawHttpServer.Start();
        server.Answer("/slow", [], new TaskCompletionSource().Task);
        using var cancellation = new CancellationTokenSource();
        Task reading = _reader.ReadAsync(TorrentSource.FromAddress(server["/slow"]), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reading_a_silent_pipe_can_be_cancelled(bool hasWriter)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "This system has no named pipes in its file system.");
        Assert.Equal(0, MkFifo(_temp["pipe"], 0x180));
        // Opened for reading and writing, it does not block.
        using FileStream? writer = hasWriter ? new FileStream(_temp["pipe"], FileMode.Open, FileAccess.ReadWrite) : null;
        using var cancellation = new CancellationTokenSource();
        Task<TorrentMetainfo> reading = _reader.ReadAsync(TorrentSource.FromFile(_temp["pipe"]), cancellation.Token);
        Task<IReadOnlyList<string>> lines = LinkFile.ReadAsync(_temp["pipe"], cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30), Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lines.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task A_start_fails_with_the_reason_when_its_source_takes_too_long()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "This system has no named pipes in its file system.");
        Assert.Equal(0, MkFifo(_temp["pipe"], 0x180));
        await using var test = new TestService();
        var request = new StartRequest { Source = TorrentSource.FromFile(_temp["pipe"]), SourceTimeout = TimeSpan.FromSeconds(0.5) };

        var fail = Assert.IsType<TorrentStartFail>(await test.Service.CreatePatron().StartAsync(request, Token));

        Assert.Equal(TorrentErrorId.SourceNotReadable, fail.Error.Id);
        Assert.EndsWith("was not read within 0.5 s.", fail.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_torrent_is_read_from_a_pipe_whose_writer_opens_it_late()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "This system has no named pipes in its file system.");
        Assert.Equal(0, MkFifo(_temp["pipe"], 0x180));
        Task<TorrentMetainfo> reading = _reader.ReadAsync(TorrentSource.FromFile(_temp["pipe"]), Token);
        byte[] torrent = Torrents.Bytes();
        await Task.Run(
            () =>
            {
                using FileStream writer = File.OpenWrite(_temp["pipe"]);
                writer.Write(torrent.AsSpan(0, 10));
                writer.Flush();
                writer.Write(torrent.AsSpan(10));
            },
            Token);
        Assert.Equal(Torrents.Hash(), (await reading).TorrentId);
    }

    [Fact]
    public async Task An_unnamed_pipe_that_was_closed_without_a_byte_is_empty()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The path differs on other systems.");
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.In);
        pipe.DisposeLocalCopyOfClientHandle();
        foreach (string folder in (string[])["/dev/fd", $"/proc/{Environment.ProcessId}/fd"])
        {
            var source = TorrentSource.FromFile($"{folder}/{pipe.SafePipeHandle.DangerousGetHandle()}");
            TorrentException empty = await Assert.ThrowsAsync<TorrentException>(
                () => _reader.ReadAsync(source, Token).WaitAsync(TimeSpan.FromSeconds(60), Token));
            Assert.Equal(TorrentErrorId.InvalidTorrent, empty.Error.Id);
        }
    }

    [Fact]
    public async Task Endless_and_empty_devices_are_refused()
    {
        Assert.SkipUnless(File.Exists("/dev/zero") && File.Exists("/dev/null"), "This system does not have these devices.");
        TorrentException endless = await Assert.ThrowsAsync<TorrentException>(() => _reader.ReadAsync(TorrentSource.FromFile("/dev/zero"), Token));
        TorrentException empty = await Assert.ThrowsAsync<TorrentException>(() => _reader.ReadAsync(TorrentSource.FromFile("/dev/null"), Token));
        Assert.Equal((TorrentErrorId.InvalidTorrent, TorrentErrorId.InvalidTorrent), (endless.Error.Id, empty.Error.Id));
    }

    [Fact]
    public void The_text_of_a_source_hides_secrets_and_escapes()
    {
        string text = TorrentSource.Parse("https://user:password@example.org:81/a.torrent?passkey=1#x").ToString();

        Assert.Equal("https://example.org:81/a.torrent", text);
        Assert.DoesNotContain('\u001b', TorrentSource.FromFile("a\u001b[2Jb").ToString());
    }

    private static byte[] Zip(byte[] content)
    {
        var output = new MemoryStream();
        using (var zip = new GZipStream(output, CompressionLevel.Fastest))
            zip.Write(content);
        return output.ToArray();
    }

    private async Task<TorrentSource> FileAsync(byte[] content)
    {
        await File.WriteAllBytesAsync(_temp["x.torrent"], content, Token);
        return TorrentSource.FromFile(_temp["x.torrent"]);
    }

    private Task FailsAsync(RawHttpServer server, string path, string mentions) =>
        FailsAsync(TorrentSource.FromAddress(server[path]), TorrentErrorId.SourceNotReadable, mentions);

    private Task FailsAsync(TorrentSource source, string id, string mentions) => FailsAsync(_reader, source, id, mentions);

    private static async Task FailsAsync(SourceReader reader, TorrentSource source, string id, string mentions)
    {
        var fault = await Assert.ThrowsAsync<TorrentException>(() => reader.ReadAsync(source, Token));
        Assert.Equal(id, fault.Error.Id);
        Assert.Contains(mentions, fault.Error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(fault.Error.Remedy);
    }

    /// <summary>A clock that reports when a timer is set again.</summary>
    private sealed class RearmedTime : FakeTimeProvider
    {
        public SemaphoreSlim Rearmed { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(base.CreateTimer(callback, state, dueTime, period), Rearmed);

        private sealed class Timer(ITimer timer, SemaphoreSlim rearmed) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                bool isChanged = timer.Change(dueTime, period);
                rearmed.Release();
                return isChanged;
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }

    /// <summary>Resolves one internet host, which is actually this machine.</summary>
    private sealed class LoopbackNetwork : INetwork
    {
        private readonly SocketNetwork _inner = new(IPAddress.Loopback);

        public ReadOnlyCollection<IPAddress> LocalAddresses => _inner.LocalAddresses;

        public ReadOnlyCollection<IPAddress> GroupAddresses => _inner.GroupAddresses;

        public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => host == "public.example"
            ? Task.FromResult<IPAddress[]>([new(0x08080808)])
            : _inner.ResolveAsync(host, use, cancellationToken);

        public Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken) =>
            _inner.ConnectAsync(new IPEndPoint(IPAddress.Loopback, remote.Port), use, cancellationToken);

        public IListener Listen(IPEndPoint local) => throw new NotSupportedException();

        public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use) => throw new NotSupportedException();

        public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => throw new NotSupportedException();
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MkFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
