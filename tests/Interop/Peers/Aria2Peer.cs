using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>aria2, which cannot be given peers.</summary>
internal sealed class Aria2Peer : ForeignPeer
{
    private readonly HttpClient _rpc;

    private Aria2Peer(ToolProcess process, IPEndPoint endPoint, int rpcPort)
        : base(process, endPoint) =>
        _rpc = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{rpcPort}/jsonrpc") };

    public static Aria2Peer Start(string torrent, string folder, IPEndPoint endPoint, Workspace workspace, TrackerlessDiscovery discovery)
    {
        int rpcPort = FreePort.Next();
        string[] options =
        [
            .. discovery.DhtNode is null ? Array.Empty<string>() : [$"--dht-entry-point={discovery.DhtNode}"],
            .. discovery.RequiredEncryption switch
            {
                EncryptionMethods.None => Array.Empty<string>(),
                EncryptionMethods.Rc4 => ["--bt-require-crypto=true", "--bt-min-crypto-level=arc4"],
                _ => ["--bt-require-crypto=true", "--bt-min-crypto-level=plain"],
            },
        ];
        return new Aria2Peer(
            ToolProcess.Start(
                Tool.Require("aria2c"),
                [.. options, "--no-conf", "--summary-interval=0", "--console-log-level=notice",
                $"--stop-with-process={Environment.ProcessId}",
                $"--interface={endPoint.Address}", $"--listen-port={endPoint.Port}",
                // UDP trackers are asked only if the DHT is on; without an entry point the DHT has no nodes.
                "--enable-dht=true", $"--dht-listen-port={endPoint.Port}", $"--dht-file-path={workspace.File($"aria2-{endPoint.Port}.dht")}",
                "--enable-dht6=false",
                $"--bt-enable-lpd={Tell(discovery.LocalDiscovery)}", $"--bt-lpd-interface={endPoint.Address}",
                $"--enable-peer-exchange={Tell(discovery.PeerExchange)}",
                "--enable-rpc=true", $"--rpc-listen-port={rpcPort}",
                $"--dir={folder}", "--file-allocation=none", "--check-integrity=true", "--seed-ratio=0",
                "--bt-tracker-interval=1", "--bt-tracker-timeout=5", torrent]),
            endPoint, rpcPort);
    }

    public override ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        return base.DisposeAsync();
    }

    private static string Tell(bool isSo) => isSo ? "true" : "false";

    protected override async Task<bool> IsSeedingAsync(CancellationToken cancellationToken)
    {
        try
        {
            // As text, so that its length is sent: aria2 does not accept chunked requests.
            using var question = new StringContent("""{"jsonrpc":"2.0","id":"1","method":"aria2.tellActive","params":[["seeder"]]}""");
            using HttpResponseMessage response = await _rpc.PostAsync("", question, cancellationToken);
            JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return answer.GetProperty("result").EnumerateArray()
                .Any(torrent => torrent.TryGetProperty("seeder", out JsonElement seeder) && seeder.GetString() == "true");
        }
        catch (HttpRequestException fault) when (fault.InnerException is SocketException)
        {
            // It does not listen yet.
            return false;
        }
    }
}
