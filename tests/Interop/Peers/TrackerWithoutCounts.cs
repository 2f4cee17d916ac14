using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>
/// A proxy for an HTTP tracker that removes the counts of peers from answers to announces, as trackers do that report them only to scrapes.
/// </summary>
internal sealed partial class TrackerWithoutCounts : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private int _scrapes;

    public TrackerWithoutCounts()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The real tracker; set it before the first request.</summary>
    public Uri? Behind { get; set; }

    public Uri Announce => new($"http://{_listener.LocalEndpoint}/announce");

    /// <summary>Number of scrapes.</summary>
    public int Scrapes => Volatile.Read(ref _scrapes);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            // "GET /announce?... HTTP/1.1"
            if (await reader.ReadLineAsync(_stop.Token) is not { } line || line.Split(' ') is not [_, { } path, ..])
                continue;
            bool isScrape = path.StartsWith("/scrape", StringComparison.Ordinal);
            var uri = new Uri($"http://{Behind!.Authority}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            string body = Encoding.Latin1.GetString(await _http.GetByteArrayAsync(uri, _stop.Token));
            if (isScrape)
                Interlocked.Increment(ref _scrapes);
            else
                body = Counts().Replace(body, "");
            await client.GetStream().WriteAsync(
                Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), _stop.Token);
        }
    }

    [GeneratedRegex(@"(8:complete|10:incomplete|10:downloaded)i\d+e")]
    private static partial Regex Counts();
}
