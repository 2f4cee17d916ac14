using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>opentracker, over HTTP and UDP, for one torrent.</summary>
internal sealed partial class OpenTracker : IAsyncDisposable
{
    private readonly ToolProcess _process;
    private readonly HttpClient _http = new();
    private readonly Uri _scrape;

    private OpenTracker(ToolProcess process, int port, InfoHash torrent)
    {
        _process = process;
        string escaped = string.Concat(torrent.ToArray().Select(b => $"%{b:x2}"));
        _scrape = new Uri($"http://127.0.0.1:{port}/scrape?info_hash={escaped}");
    }

    /// <summary>The announce address on a free port: the torrent is made with it before the tracker starts.</summary>
    public static Uri Reserve(PeerDiscovery discovery)
    {
        Tool.Require("opentracker");
        return new Uri($"{(discovery == PeerDiscovery.UdpTracker ? "udp" : "http")}://127.0.0.1:{FreePort.Next()}/announce");
    }

    /// <summary>Starts the tracker.</summary>
    /// <param name="announce">The result of <see cref="Reserve"/>.</param>
    /// <param name="torrent">The one torrent that it serves.</param>
    /// <param name="workspace">The folder for its list of torrents.</param>
    public static async Task<OpenTracker> StartAsync(Uri announce, InfoHash torrent, Workspace workspace)
    {
        string folder = workspace["opentracker"];
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await File.WriteAllTextAsync(Path.Combine(folder, "torrents"), $"{torrent}\n", CancellationToken.None);

        // As root it changes its root folder, so the list's path must be relative to that.
        string port = announce.Port.ToString(CultureInfo.InvariantCulture);
        var tracker = new OpenTracker(
            ToolProcess.StartIn(
                folder, Tool.Require("opentracker"),
                "-i", "127.0.0.1", "-p", port, "-P", port, "-d", folder, "-u", "nobody", "-w", "torrents"),
            announce.Port, torrent);
        await tracker.WaitForAsync("answers", _ => true);
        return tracker;
    }

    /// <summary>Waits until a seed has announced itself.</summary>
    public Task WaitForSeedAsync() => WaitForAsync("knows a seed", answer => Count(Complete(), answer) > 0);

    /// <summary>Waits until a peer that is not a seed has announced itself.</summary>
    public Task WaitForLeecherAsync() => WaitForAsync("knows a leecher", answer => Count(Incomplete(), answer) > 0);

    /// <summary>Waits for the expected counts.</summary>
    /// <param name="seeds">Peers that have everything.</param>
    /// <param name="leechers">Peers that do not have everything.</param>
    /// <param name="downloads">Downloads that became complete.</param>
    public Task WaitForCountsAsync(int seeds, int leechers, int downloads) => WaitForAsync(
        $"counts {seeds} seeds, {leechers} leechers and {downloads} downloads",
        answer => (Count(Complete(), answer), Count(Incomplete(), answer), Count(Downloaded(), answer)) == (seeds, leechers, downloads));

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _process.DisposeAsync();
    }

    private Task WaitForAsync(string what, Func<string, bool> until)
    {
        string last = "nothing";
        return Patience.UntilAsync(
            async cancellationToken =>
            {
                try
                {
                    last = Encoding.Latin1.GetString(await _http.GetByteArrayAsync(_scrape, cancellationToken));
                    return until(last);
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                    return false;
                }
            },
            $"the tracker {what}", () => $"It said: {last}\n{_process.Tell()}");
    }

    private static int Count(Regex field, string answer) =>
        field.Match(answer) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"8:completei(\d+)e")]
    private static partial Regex Complete();

    [GeneratedRegex(@"10:incompletei(\d+)e")]
    private static partial Regex Incomplete();

    [GeneratedRegex(@"10:downloadedi(\d+)e")]
    private static partial Regex Downloaded();
}
