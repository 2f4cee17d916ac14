using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>
/// Transmission's daemon. It never connects to a loopback address from a tracker, so others must connect to it.
/// </summary>
internal sealed class TransmissionPeer : ForeignPeer
{
    private const string SessionHeader = "X-Transmission-Session-Id";
    private const int Seeding = 6;

    private readonly HttpClient _rpc;

    private TransmissionPeer(ToolProcess process, IPEndPoint endPoint, int rpcPort)
        : base(process, endPoint) =>
        _rpc = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{rpcPort}/transmission/rpc") };

    public static async Task<TransmissionPeer> StartAsync(string torrent, string folder, IPEndPoint endPoint, Workspace workspace, TrackerlessDiscovery discovery)
    {
        string program = Tool.Require("transmission-daemon");
        int rpcPort = FreePort.Next();
        string configuration = workspace[$"transmission-{endPoint.Port}"];
        await File.WriteAllTextAsync(
            Path.Combine(configuration, "settings.json"), Settings(folder, endPoint, rpcPort, discovery), CancellationToken.None);
        if (discovery.DhtNode is { } node)
        {
            await File.WriteAllTextAsync(
                Path.Combine(configuration, "dht.bootstrap"), $"{node.Address} {node.Port}\n", CancellationToken.None);
        }

        var peer = new TransmissionPeer(
            ToolProcess.Start(program, "--foreground", "--log-info", "--config-dir", configuration), endPoint, rpcPort);
        try
        {
            object what = MagnetLink.IsMagnet(torrent)
                ? new { filename = torrent }
                : new { metainfo = Convert.ToBase64String(await File.ReadAllBytesAsync(torrent, CancellationToken.None)) };
            await Patience.UntilAsync(
                async cancellationToken => await peer.CallAsync("torrent-add", what, cancellationToken) is not null,
                "Transmission takes the torrent", peer.Process.Tell);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        return base.DisposeAsync();
    }

    protected override async Task<bool> IsSeedingAsync(CancellationToken cancellationToken)
    {
        string[] fields = ["status", "leftUntilDone", "metadataPercentComplete"];
        return await CallAsync("torrent-get", new { fields }, cancellationToken) is { } answer
            && answer.GetProperty("torrents")[0] is JsonElement torrent
            && torrent.GetProperty("metadataPercentComplete").GetDouble() == 1
            && torrent.GetProperty("status").GetInt32() == Seeding
            && torrent.GetProperty("leftUntilDone").GetInt64() == 0;
    }

    /// <summary>Calls a method; null while the daemon does not listen yet.</summary>
    private async Task<JsonElement?> CallAsync(string method, object arguments, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage first = await _rpc.PostAsJsonAsync("", new { method, arguments }, cancellationToken);
            if (first.StatusCode != HttpStatusCode.Conflict)
                return await ReadAsync(first, cancellationToken);

            // It requires its own token, as protection against web pages.
            _rpc.DefaultRequestHeaders.Remove(SessionHeader);
            _rpc.DefaultRequestHeaders.Add(SessionHeader, first.Headers.GetValues(SessionHeader));
            using HttpResponseMessage second = await _rpc.PostAsJsonAsync("", new { method, arguments }, cancellationToken);
            return await ReadAsync(second, cancellationToken);
        }
        catch (HttpRequestException fault) when (fault.InnerException is SocketException)
        {
            return null;
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        JsonElement answer = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        Assert.Equal("success", answer.GetProperty("result").GetString());
        return answer.GetProperty("arguments");
    }

    private static string Settings(string folder, IPEndPoint endPoint, int rpcPort, TrackerlessDiscovery discovery)
    {
        bool isV6 = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["bind-address-ipv4"] = isV6 ? "127.0.0.1" : endPoint.Address.ToString(),
            ["bind-address-ipv6"] = isV6 ? endPoint.Address.ToString() : "::1",
            ["peer-port"] = endPoint.Port,
            ["rpc-bind-address"] = "127.0.0.1",
            ["rpc-port"] = rpcPort,
            ["rpc-whitelist-enabled"] = false,
            ["download-dir"] = folder,
            ["rename-partial-files"] = false,
            ["preallocation"] = 0,
            ["encryption"] = discovery.RequiredEncryption == EncryptionMethods.None ? 0 : 2,
            ["dht-enabled"] = discovery.DhtNode is not null,
            ["lpd-enabled"] = discovery.LocalDiscovery,
            ["pex-enabled"] = discovery.PeerExchange,
            ["utp-enabled"] = discovery.Utp,
            ["port-forwarding-enabled"] = false,
            ["ratio-limit-enabled"] = false,
            ["idle-seeding-limit-enabled"] = false,
        });
    }
}
