using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>
/// Requests to the machine's service from a member with control rights, after hello: every method with its params, up to a scripted engine.
/// The first byte determines how the lines are split into reads.
/// </summary>
#pragma warning disable CA1001 // The service is replaced now and then, and the last one ends with the process.
internal sealed class RpcContractTarget : IFuzzTarget
#pragma warning restore CA1001
{
    /// <summary>The scripted engine records its commands: it is replaced now and then.</summary>
    private const int InputsOfService = 5_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly string _folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fuzz-rpc-{Guid.NewGuid():N}");
    private ServiceHost? _host;
    private int _inputs;

    public RpcContractTarget()
    {
        string torrent = Convert.ToBase64String(Torrents.Bytes()), hash = Torrents.Hash().ToString();
        string[][] samples =
        [
            [
                Call("attach", """{"patron":"b3f1fca9-6b56-4b27-a5a0-8a6d3c0f0d5c","name":"größe"}"""), Call("subscribe"),
                Call("getStatuses", """{"offset":1}"""), Call("clientStatus"), Call("settings"), Call("patrons"), Call("flush"),
                Call("detach", """{"patron":"b3f1fca9-6b56-4b27-a5a0-8a6d3c0f0d5c"}"""),
            ],
            [
                Call("start", $$"""{"metainfo":"{{torrent}}","destination":"{{Root}}/a","peers":["192.0.2.7:6881"],"trackers":["http://t.example/announce"],"selection":{"include":["*.iso"],"exclude":["x"],"indices":[0,2]},"options":{"maxUploadRate":5,"goal":{"ratio":2.5,"time":60},"tags":["t"],"sequential":true},"reach":"Global"}"""),
                Call("set", $$$"""{"infoHash":"{{{hash}}}","options":{"addTags":["x"],"removeTags":["t"],"minimumFreeSpace":9,"superSeeding":true}}"""),
                Call("setFilePriorities", $$"""{"infoHash":"{{hash}}","priorities":[7]}"""),
                Call("remove", $$"""{"infoHash":"{{hash}}","deleteData":true}"""),
            ],
            [
                Call("start", $$"""{"magnet":"magnet:?xt=urn:btih:{{hash}}&dn=x&x.pe=192.0.2.7:6881","currentFolder":"{{Root}}","metadataTimeout":0.5,"metadataOnly":true,"suspended":true}"""),
                Call("fetchMetadata", $$"""{"magnet":"magnet:?xt=urn:btih:{{hash}}","destination":"{{Root}}","metadataTimeout":1e-3}"""),
                Call("start", $$"""{"saved":"{{hash}}","recheck":true,"filePriorities":[0,1,4,7]}"""),
                Call("start", $$"""{"metainfo":"{{torrent}}","destination":"{{Root}}/../elsewhere"}"""),
                Call("move", $$"""{"infoHash":"{{hash}}","destination":"{{Elsewhere}}"}"""),
            ],
            [
                Call("upload", """{"upload":"f","data":"AAAAAcAAAgDAAAL/"}"""), Call("upload", """{"upload":"f","data":""}"""),
                Call("apply", """{"filter":{"blocked":"f","allowed":"","files":["a.p2p"]},"listenPort":6881,"maxPeers":500,"maxPeersPerTorrent":100,"statusInterval":5,"maxQueuedBytes":1048576,"bindAddress":"127.0.0.1","peerClasses":[{"name":"x","range":"10.0.0.0/8","maxUploadRate":5}],"dht":{"enabled":true},"encryption":"Require","transport":"Tcp","portMapping":"Off","codePoint":1,"diskThreads":2,"announceAddress":"192.0.2.1","proxy":{"kind":"Socks5","host":"127.0.0.1:1080","uses":"Peers, Trackers","user":"u","password":"p"}}"""),
                Call("apply", """{"maxPeers":1,"maxPeersPerTorrent":1,"statusInterval":0.01,"proxy":{"kind":"Http","host":"[::1]:8080","keepCredential":true}}"""),
            ],
            [
                .. MethodNames.Commands.Select(method => Call(method, $$"""{"infoHash":"{{hash}}","peers":["[2001:db8::1]:1"],"trackers":["udp://t.example:80"],"destination":"{{Root}}/b","patron":"b3f1fca9-6b56-4b27-a5a0-8a6d3c0f0d5c"}""")),
                .. new[] { "getFiles", "getPeers", "getClosedPeers", "getMetainfo", "getSaved", "getStatuses" }.Select(method => Call(method, $$"""{"infoHash":"{{hash}}","offset":2147483647}""")),
            ],
        ];
        Mutator = new ByteMutator(
            [.. samples.SelectMany(lines => new[] { (byte)0, (byte)7, (byte)255 }.Select(size => (byte[])[size, .. Encoding.UTF8.GetBytes(Numbered(lines))]))],
            [
                .. new[]
                {
                    "null", "true", "[]", "{}", "-1", "1e400", "0.1", "9223372036854775807", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "..", "/", "../../",
                    "\\\\", "\"infoHash\":", "\"destination\":", "\"patron\":", "\"offset\":-2147483648", "\"data\":", "\"saved\":", "\"upload\":\"f\"", "NaN",
                    "\u202e", "AAAA", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", hash, Root, Elsewhere, "/proc/self/fd/0", "::", "0.0.0.0",
                }.Select(Encoding.UTF8.GetBytes),
            ]);
    }

    public string Name => "rpcContract";

    public IMutator Mutator { get; }

    public double Share => 0.1;

    private string Root => Path.Combine(_folder, "root");

    private string Elsewhere => Path.Combine(_folder, "elsewhere");

    // Most allocations are on other threads; only those of making the connection are measured.
    public long AllowedBytes(int length) => 1024 * 1024 + (4000L * length);

    public bool Run(byte[] input)
    {
        if (input.Length == 0)
            return false;
        if (_host is null || ++_inputs % InputsOfService == 0)
            Renew();
        ServiceHost host = _host!;
        byte[] hello = Encoding.UTF8.GetBytes("""{"jsonrpc":"2.0","id":"hello","method":"hello","params":{"protocol":1}}""" + "\n");
        byte[] whole = [.. hello, .. input.AsSpan(1)];
        using var stream = new FuzzStream(whole, input[0] + 1);
        RpcConnection? connection = null;
        ClientHandler? handler = null;
        var gate = new HelloGate(Hello.OfThisProcess(), said =>
        {
            handler = new ClientHandler(host, new RpcClient(connection!, new PeerCredential("1001", 1), said, ServiceAccess.Steer));
            return handler.Methods;
        });
        connection = new RpcConnection(stream, gate, RpcOptions.Service);
        connection.Start();
        Property.Holds(connection.Drained.Wait(Patience), "a connection ends when its stream does");
        Property.Holds(handler?.DisposeAsync().AsTask().Wait(Patience) != false, "the handler is disposed in time");
        Property.Holds(connection.Completion.Result.Cause != RpcClosureCause.Fault, "the connection does not end by a fault");

        int results = 0;
        foreach (string line in Encoding.UTF8.GetString(stream.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            RpcMessage message = RpcParser.Parse(Encoding.UTF8.GetBytes(line));
            Property.Holds(message is not RpcInvalid, "the service sends JSON-RPC");
            Property.Holds(!line.Contains("System.", StringComparison.Ordinal) && !line.Contains("TorrentPatron.Remote", StringComparison.Ordinal), "no runtime type is named");
            if (message is RpcErrorResponse { Error: var error })
            {
                Property.Holds(error.Code != RpcErrorCode.InternalError, "no method fails by an internal error");
                Property.IsHarmless(error.Details?.ToString(), "an error");
                Property.Holds(error.Details?.Id != TorrentErrorId.Unexpected, "every failure has its own id");
            }
            else if (message is RpcResponse)
            {
                results++;
            }
        }

        Property.Holds(!Directory.Exists(Elsewhere), "nothing is created outside the roots");
        return results > 1;
    }

    private static string Call(string method, string parameters = "{}") => $$"""{"jsonrpc":"2.0","id":ID,"method":"{{method}}","params":{{parameters}}}""";

    private static string Numbered(string[] lines) => string.Concat(lines.Select((line, number) => line.Replace("ID", $"{number}", StringComparison.Ordinal) + "\n"));

    private void Renew()
    {
        if (_host is not null)
        {
            TorrentService before = _host.Service;
            _host.DisposeAsync().AsTask().Wait(Patience);
            before.DisposeAsync().AsTask().Wait(Patience);
            Directory.Delete(_folder, recursive: true);
        }

        Directory.CreateDirectory(Root);
        if (_host is null)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                if (Directory.Exists(_folder))
                    Directory.Delete(_folder, recursive: true);
            };
        }

        var service = new TorrentService(
            new ServiceSettings { StatePath = Path.Combine(_folder, "state"), Roots = [Root] }, _ => new ScriptedClient());
        _host = new ServiceHost(service, new NoListener()) { Scope = ServiceScope.Machine };
    }

    private sealed class NoListener : IRpcListener
    {
        public string Address => "none";

        public async ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new OperationCanceledException(cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A stream that is read in parts, waits a moment for answers, and ends; it keeps written data.</summary>
    private sealed class FuzzStream(ReadOnlyMemory<byte> input, int size) : Stream
    {
        private const int Moments = 50;

        private readonly Lock _gate = new();
        private readonly List<byte> _written = [];
        private ReadOnlyMemory<byte> _left = input;

        public byte[] Written
        {
            get
            {
                lock (_gate)
                    return [.. _written];
            }
        }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (int i = 0; _left.IsEmpty && i < Moments; i++)
                await Task.Yield();
            int count = Math.Min(Math.Min(size, _left.Length), buffer.Length);
            _left[..count].CopyTo(buffer);
            _left = _left[count..];
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_gate)
                _written.AddRange(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
