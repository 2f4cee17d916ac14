using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

public sealed class HttpTrackerClientTests : IDisposable
{
    private static readonly byte[] OnePeer = [.. "d8:intervali900e5:peers6:"u8, 192, 0, 2, 1, 0x1A, 0xE1, .. "e"u8];

    // Each label is short enough, the whole name is not.
    private static readonly string LongName = string.Join('.', Enumerable.Repeat(new string('x', 60), 5)) + ".invalid";

    private readonly FakeTimeProvider _time = new();
    private readonly HttpTrackerClient _client;

    public HttpTrackerClientTests() =>
        _client = new HttpTrackerClient(Hosts((host, cancel) => new SocketNetwork().ResolveAsync(host, NetworkUse.Trackers, cancel)), new SocketNetwork(), _time);

    [Fact]
    public async Task An_announce_is_a_GET_with_our_name_and_no_cookie()
    {
        var heads = new List<string>();
        await using var tracker = new StubHttpTracker((head, stream, cancellationToken) =>
        {
            heads.Add(head);
            return stream.WriteAsync(StubHttpTracker.Response(OnePeer, "Set-Cookie: a=b\r\n"), cancellationToken).AsTask();
        });

        await AnnounceAsync(tracker.Announce);
        AnnounceResponse response = await AnnounceAsync(tracker.Announce);

        Assert.Equal([IPEndPoint.Parse("192.0.2.1:6881")], response.Peers);
        Assert.Equal(TimeSpan.FromMinutes(15), response.Interval);
        Assert.StartsWith(
            "GET /announce?info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&", heads[1], StringComparison.Ordinal);
        Assert.Contains("User-Agent: TorrentPatron/0.1\r\n", heads[1], StringComparison.Ordinal);
        Assert.DoesNotContain("Cookie", heads[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_answer_is_read()
    {
        await using var tracker = new StubHttpTracker(Gzip(OnePeer), "Content-Encoding: gzip\r\n");

        Assert.Single((await AnnounceAsync(tracker.Announce)).Peers);
    }

    [Fact]
    public async Task A_gzip_bomb_is_cut_off_at_two_megabytes()
    {
        await using var tracker = new StubHttpTracker(Gzip(new byte[64 * 1024 * 1024]), "Content-Encoding: gzip\r\n");

        Assert.Equal("The tracker's answer is too long.", await FailAsync(tracker.Announce));
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        await using var tracker = new StubHttpTracker(async (_, stream, cancellationToken) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), cancellationToken);
            while (true)
                await stream.WriteAsync(new byte[64 * 1024], cancellationToken);
        });

        Assert.Equal("The tracker's answer is too long.", await FailAsync(tracker.Announce));
    }

    [Theory]
    [InlineData("<html>hello</html>", "")]
    [InlineData("", "")]
    [InlineData("not gzip", "Content-Encoding: gzip\r\n")]
    public async Task Garbage_is_a_failure(string body, string headers)
    {
        await using var tracker = new StubHttpTracker(Encoding.ASCII.GetBytes(body), headers);

        await FailAsync(tracker.Announce);
    }

    [Fact]
    public async Task An_answer_that_is_not_HTTP_is_a_failure_that_does_not_quote_it()
    {
        await using var tracker = new StubHttpTracker((_, stream, cancellationToken) =>
            stream.WriteAsync("\u001b[31mSSH-2.0\r\n\r\n"u8.ToArray(), cancellationToken).AsTask());

        Assert.DoesNotContain("SSH", await FailAsync(tracker.Announce), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_answer_is_a_failure()
    {
        await using var tracker = new StubHttpTracker((_, stream, cancellationToken) =>
            stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nd8:"u8.ToArray(), cancellationToken).AsTask());

        await FailAsync(tracker.Announce);
    }

    [Fact]
    public async Task An_error_status_is_reported_unless_the_tracker_gives_a_reason()
    {
        await using var plain = new StubHttpTracker("<html>"u8.ToArray(), status: "404 Not Found");
        await using var wordy = new StubHttpTracker("d14:failure reason3:no!e"u8.ToArray(), status: "403 Forbidden");

        Assert.Equal("The tracker answered with the HTTP status 404.", await FailAsync(plain.Announce));
        Assert.Equal("The tracker refused: no!", await FailAsync(wordy.Announce));
    }

    [Fact]
    public async Task A_closed_port_is_a_failure_with_its_reason()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        string failure = await FailAsync(new Uri($"http://127.0.0.1:{port}/announce"));

        Assert.Equal("The tracker cannot be reached: ConnectionRefused.", failure);
    }

    [Theory]
    [InlineData(AnnounceEvent.Started, 30)]
    [InlineData(AnnounceEvent.Stopped, 5)]
    public async Task A_silent_tracker_times_out(AnnounceEvent announceEvent, int seconds)
    {
        var asked = new TaskCompletionSource();
        await using var tracker = new StubHttpTracker((_, _, cancellationToken) =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        AnnounceRequest request = AnnounceRequests.Plain with { Event = announceEvent };

        Task<AnnounceResponse?> announce = _client.AnnounceAsync(
            tracker.Announce, request, AddressFamily.Unspecified, TestContext.Current.CancellationToken);
        await asked.Task;
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(
            "The tracker did not answer in time.", (await Assert.ThrowsAsync<TrackerFailureException>(() => announce)).Message);
    }

    [Fact]
    public async Task A_cancelled_announce_is_a_cancellation_and_not_a_failure()
    {
        using var cancel = new CancellationTokenSource();
        await using var tracker = new StubHttpTracker((_, _, cancellationToken) =>
        {
            cancel.Cancel();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _client.AnnounceAsync(tracker.Announce, AnnounceRequests.Plain, AddressFamily.Unspecified, cancel.Token));
    }

    [Fact]
    public async Task A_redirect_is_followed()
    {
        await using var target = new StubHttpTracker(OnePeer);
        await using var tracker = new StubHttpTracker([], $"Location: {target.Announce}\r\n", "302 Found");

        Assert.Single((await AnnounceAsync(tracker.Announce)).Peers);
    }

    [Fact]
    public async Task A_redirect_loop_ends_after_five_redirects()
    {
        await using var tracker = new StubHttpTracker([], "Location: /announce\r\n", "302 Found");

        Assert.Equal("The tracker redirects more than 5 times.", await FailAsync(tracker.Announce));
        Assert.Equal(6, tracker.Connections);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/admin?do=delete")]
    [InlineData("/announce/../admin")]
    [InlineData("/announce.php")]
    public async Task A_loopback_tracker_is_asked_only_at_its_announce_path(string path)
    {
        await using var tracker = new StubHttpTracker(OnePeer);

        foreach (string host in (string[])["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"])
        {
            string failure = await FailAsync(new Uri($"http://{host}:{tracker.Port}{path}"));
            Assert.Contains("must have the path /announce", failure, StringComparison.Ordinal);
        }

        Assert.Equal(0, tracker.Connections);
    }

    [Theory]
    [InlineData("http://inside.example/announce")]
    [InlineData("http://127.0.0.1/announce")]
    [InlineData("http://192.168.1.1/announce")]
    [InlineData("http://[fe80::1]/announce")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    public async Task A_redirect_from_the_internet_into_the_local_network_is_refused(string target)
    {
        using var handler = new StubHandler(_ => StubHandler.Redirect(target));

        string failure = await FailAsync(new Uri("http://public.example/announce"), handler);

        Assert.Contains("from the internet into", failure, StringComparison.Ordinal);
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task A_redirect_into_the_local_network_is_refused_even_after_a_public_one()
    {
        using var handler = new StubHandler(uri => uri.Host == "public.example"
            ? StubHandler.Redirect("http://other.example/announce")
            : StubHandler.Redirect("http://127.0.0.1/announce"));

        string failure = await FailAsync(new Uri("http://public.example/announce"), handler);

        Assert.Contains("from the internet into", failure, StringComparison.Ordinal);
        Assert.Equal(2, handler.Requests.Count);
    }

    [Theory]
    [InlineData("http://public.example/announce", "from HTTPS to plain HTTP")]
    [InlineData("file:///etc/passwd", "address that is not HTTP")]
    [InlineData("gopher://public.example/", "address that is not HTTP")]
    public async Task A_redirect_from_HTTPS_to_anything_less_is_refused(string target, string expected)
    {
        using var handler = new StubHandler(_ => StubHandler.Redirect(target));

        Assert.Contains(expected, await FailAsync(new Uri("https://public.example/announce"), handler), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public.example", "192.0.2.1:6881")]
    [InlineData("inside.example", "192.168.1.1:8080 192.0.2.1:6881")]
    public async Task Peers_nearer_than_the_tracker_are_not_believed(string host, string expected)
    {
        byte[] answer = [.. "d8:intervali900e5:peers18:"u8, 127, 0, 0, 1, 0x1F, 0x90, 192, 168, 1, 1, 0x1F, 0x90, 192, 0, 2, 1, 0x1A, 0xE1, .. "e"u8];
        using var handler = new StubHandler(_ => StubHandler.Ok(answer));
        using var client = new HttpTrackerClient(Hosts(ResolveAsync), (_, _) => new HttpMessageInvoker(handler, disposeHandler: false), _time);

        AnnounceResponse? response = await client.AnnounceAsync(
            new Uri($"http://{host}/announce"), AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken);

        Assert.Equal(expected, string.Join(' ', response!.Peers));
    }

    [Fact]
    public async Task A_name_that_resolves_to_loopback_after_the_check_is_not_connected_to()
    {
        await using var tracker = new StubHttpTracker(OnePeer);
        int lookups = 0;
        using var client = new HttpTrackerClient(
            Hosts((_, _) => Task.FromResult<IPAddress[]>([lookups++ == 0 ? IPAddress.Parse("192.0.2.1") : IPAddress.Loopback])),
            new SocketNetwork(),
            _time);

        var uri = new Uri($"http://rebinding.example:{tracker.Port}/admin");

        await Assert.ThrowsAsync<TrackerFailureException>(
            () => client.AnnounceAsync(uri, AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken));

        Assert.Equal(2, lookups);
        Assert.Equal(0, tracker.Connections);
    }

    [Theory]
    [InlineData(AddressFamily.Unspecified)]
    [InlineData(AddressFamily.InterNetwork)]
    public async Task A_tracker_whose_first_address_refuses_is_asked_at_its_second(AddressFamily family)
    {
        await using var tracker = new StubHttpTracker(OnePeer);
        IPAddress[] addresses = [family == AddressFamily.InterNetwork ? IPAddress.Parse("127.0.0.2") : IPAddress.IPv6Loopback, IPAddress.Loopback];
        using var client = new HttpTrackerClient(Hosts((_, _) => Task.FromResult(addresses)), new SocketNetwork(), _time);

        AnnounceResponse? response = await client.AnnounceAsync(
            new Uri($"http://two.example:{tracker.Port}/announce"), AnnounceRequests.Plain, family, TestContext.Current.CancellationToken);

        Assert.Single(response!.Peers);
    }

    [Fact]
    public async Task A_tracker_without_an_address_of_the_ip_version_is_not_asked_nor_is_one_that_it_redirects_to()
    {
        await using var tracker = new StubHttpTracker([], "Location: http://six.example/announce\r\n", "302 Found");
        using var client = new HttpTrackerClient(
            Hosts((host, _) => Task.FromResult<IPAddress[]>([host == "six.example" ? IPAddress.IPv6Loopback : IPAddress.Loopback])),
            new SocketNetwork(), _time);
        var uri = new Uri($"http://four.example:{tracker.Port}/announce");

        Assert.Null(await client.AnnounceAsync(
            uri, AnnounceRequests.Plain, AddressFamily.InterNetworkV6, TestContext.Current.CancellationToken));
        Assert.Equal(0, tracker.Connections);
        Assert.Null(await client.AnnounceAsync(
            uri, AnnounceRequests.Plain, AddressFamily.InterNetwork, TestContext.Current.CancellationToken));
        Assert.Equal(1, tracker.Connections);
    }

    [Fact]
    public async Task An_unknown_host_is_a_failure()
    {
        using var client = new HttpTrackerClient(
            Hosts((_, _) => throw new SocketException((int)SocketError.HostNotFound)), new SocketNetwork(), _time);

        var failure = await Assert.ThrowsAsync<TrackerFailureException>(() => client.AnnounceAsync(
            new Uri("http://nowhere.example/announce"), AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken));

        Assert.Equal("The tracker's host name cannot be resolved.", failure.Message);
    }

    [Fact]
    public async Task An_invalid_host_name_is_a_failure() =>
        Assert.Equal("The tracker's host name cannot be resolved.", await FailAsync(new Uri($"http://{LongName}/announce")));

    [Fact]
    public async Task An_untrusted_certificate_is_refused()
    {
        using var key = ECDsa.Create();
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using X509Certificate2 loaded = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync();

        string failure = await FailAsync(new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/announce"));

        Assert.Contains("certificate", failure, StringComparison.Ordinal);
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        async Task ServeAsync()
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(loaded);
            await tls.WriteAsync(StubHttpTracker.Response(OnePeer), TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    private static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(content);
        return compressed.ToArray();
    }

    // "inside.example" is a private address, every other name a public one; no connection is made.
    private static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress named = IPAddress.Parse(host == "inside.example" ? "10.1.2.3" : "192.0.2.1");
        return Task.FromResult<IPAddress[]>([IPAddress.TryParse(host, out IPAddress? address) ? address : named]);
    }

    private TrackerHosts Hosts(HostResolver resolve) => new(resolve, new HostConnector(_time));

    private async Task<AnnounceResponse> AnnounceAsync(Uri announce) => (await _client.AnnounceAsync(
        announce, AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken))!;

    private async Task<string> FailAsync(Uri announce) =>
        (await Assert.ThrowsAsync<TrackerFailureException>(() => AnnounceAsync(announce))).Message;

    private async Task<string> FailAsync(Uri announce, StubHandler handler)
    {
        using var client = new HttpTrackerClient(Hosts(ResolveAsync), (_, _) => new HttpMessageInvoker(handler, disposeHandler: false), _time);
        return (await Assert.ThrowsAsync<TrackerFailureException>(() => client.AnnounceAsync(
            announce, AnnounceRequests.Plain, AddressFamily.Unspecified, TestContext.Current.CancellationToken))).Message;
    }
}
