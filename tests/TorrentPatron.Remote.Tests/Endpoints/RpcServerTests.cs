using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Tests.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Tests.Endpoints;

/// <summary>Clients, some of them hostile, over real sockets.</summary>
[NotOnWindows("Named pipes stand for sockets there.")]
public sealed class RpcServerTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestSocket _place = new();
    private RpcServer? _server;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _place.Dispose();
    }

    [Fact]
    public async Task A_client_that_says_hello_can_call_and_is_listed_with_its_hello()
    {
        RpcServer server = Serve();
        var (connection, service) = await ConnectAsync("one");
        await using (connection)
        {
            Assert.Equal((Environment.ProcessId, Hello.CurrentProtocol), (service.ProcessId, service.Protocol));
            Assert.Equal("x", (await connection.CallAsync(TestMethods.Echo, new Text { Value = "x" }, Test)).Value);
            RpcClient client = Assert.Single(server.Clients);
            Assert.Equal((Environment.ProcessId, "one"), (client.Peer.ProcessId, Assert.Single(client.Hello.Features)));
        }

        await Eventually(() => server.Clients.Count == 0 && server.Connections == 0);
    }

    [Fact]
    public async Task An_older_or_newer_client_is_refused_with_the_reason()
    {
        RpcServer server = Serve(own: new Hello { Protocol = 5, Minimum = 3, Version = "5.0.0" });
        foreach (var (protocol, minimum) in new[] { (2, 1), (9, 7) })
        {
            var thrown = await Assert.ThrowsAsync<TorrentException>(() => ServiceEndpoint.ConnectAsync(
                new RpcMethodTable(), new Hello { Protocol = protocol, Minimum = minimum }, _place.Socket, cancellationToken: Test));
            Assert.Equal(TorrentErrorId.ServiceVersionMismatch, thrown.Error.Id);
            Assert.Contains(protocol < 5 ? "Update TorrentPatron" : "Restart the service", thrown.Error.Remedy, StringComparison.Ordinal);
        }

        using RawPeer peer = await DialAsync();
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":2}}""");
        List<JsonElement> told = await peer.ReadToEndAsync();
        Assert.Equal(2, told.Count);
        Assert.Equal("ServiceVersionMismatch", told[0].GetProperty("error").GetProperty("data").GetProperty("id").GetString());
        Assert.Equal("ServiceVersionMismatch", told[1].GetProperty("params").GetProperty("id").GetString());
        await Eventually(() => server.Connections == 0);
    }

    [Fact]
    public async Task A_silent_client_is_disconnected_after_10_s_with_the_reason()
    {
        var time = new FakeTimeProvider();
        RpcServer server = Serve(new RpcServerOptions { Connection = RpcOptions.Service with { Time = time } });
        using RawPeer silent = await DialAsync(), polite = await DialAsync(), babbling = await DialAsync();
        await SayHelloAsync(polite);
        await babbling.SendAsync("""{"jsonrpc":"2.0","method":"hello","params":{"protocol":1}}""");
        await Eventually(() => server.Connections == 3);
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(3, server.Connections);
        // The wait for hello may begin a moment after the connection is counted.
        await Eventually(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.2));
            return server.Connections == 1;
        });
        foreach (RawPeer peer in new[] { silent, babbling })
            Assert.Equal("$/closing", Assert.Single(await peer.ReadToEndAsync()).GetProperty("method").GetString());
        await AssertServesAsync(polite);
    }

    [Fact]
    public async Task A_client_that_does_not_begin_with_hello_is_disconnected_at_once()
    {
        RpcServer server = Serve();
        using RawPeer peer = await DialAsync();
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"echo","params":{"value":"x"}}""");
        List<JsonElement> told = await peer.ReadToEndAsync();
        Assert.Equal([RpcErrorCode.InvalidRequest], told.Where(one => one.TryGetProperty("error", out _)).Select(one => one.GetProperty("error").GetProperty("code").GetInt32()));
        Assert.Equal("$/closing", told[^1].GetProperty("method").GetString());
        await Eventually(() => server.Connections == 0);
    }

    [Fact]
    public async Task Hostile_clients_do_not_affect_others()
    {
        RpcServer server = Serve(new RpcServerOptions { Connection = RpcOptions.Service with { FlushDeadline = TimeSpan.FromSeconds(1) } });
        using RawPeer polite = await DialAsync();
        await SayHelloAsync(polite);

        // 64 MiB without a newline.
        using (RawPeer endless = await DialAsync())
        {
            await SayHelloAsync(endless);
            byte[] noise = Enumerable.Repeat((byte)'[', 64 * 1024).ToArray();
            int sent = 0;
            await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                for (; sent < 64 << 20; sent += noise.Length)
                    await endless.SendAsync(noise);
            });
            Assert.InRange(sent, RpcLimits.MaxLineToService, 8 << 20);
        }

        await AssertServesAsync(polite);

        // Garbage, and deeply nested JSON.
        using (RawPeer garbage = await DialAsync())
        {
            var random = new Random(1);
            byte[] noise = new byte[1000];
            await SayHelloAsync(garbage);
            await garbage.SendAsync(new string('[', 500_000));
            Assert.Equal(RpcErrorCode.ParseError, (await garbage.NextAsync()).GetProperty("error").GetProperty("code").GetInt32());
            await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                for (int i = 0; i < 10_000; i++)
                {
                    random.NextBytes(noise);
                    await garbage.SendAsync(noise);
                    await garbage.SendAsync("\n"u8.ToArray());
                }
            });
        }

        await AssertServesAsync(polite);

        // Many requests whose answers are not read.
        using (RawPeer deaf = await DialAsync())
        {
            await SayHelloAsync(deaf);
            byte[] requests = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(
                i => $$$"""{"jsonrpc":"2.0","id":{{{i}}},"method":"fill","params":{"value":10000}}""" + "\n")));
            int sent = 0;
            Task sending = Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                for (; sent < 1_000_000; sent += 100)
                    await deaf.SendAsync(requests);
            });
            for (int i = 0; i < 100; i++)
                await AssertServesAsync(polite);
            await sending.WaitAsync(Patience, Test);
            Assert.InRange(sent, 0, 100_000);
        }

        await AssertServesAsync(polite);
        await Eventually(() => server.Connections == 1);
    }

    [Fact]
    public async Task A_client_that_closes_its_half_is_disconnected()
    {
        RpcServer server = Serve();
        using RpcTransport transport = await ServiceEndpoint.DialAsync(_place.Socket, cancellationToken: Test);
        var peer = new RawPeer(transport.Stream);
        await SayHelloAsync(peer);
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"wait"}""");
        ((NetworkStream)transport.Stream).Socket.Shutdown(SocketShutdown.Send);
        await Eventually(() => server.Connections == 0);
        Assert.Null(await peer.NextLineAsync());
    }

    [Fact]
    public async Task Of_a_thousand_connections_only_the_allowed_number_is_admitted_and_the_others_are_told()
    {
        RpcServer server = Serve(new RpcServerOptions { MaxConnections = 256, MaxConnectionsOfUser = 200 });
        var peers = new List<RawPeer>();
        int told = 0, served = 0;
        try
        {
            for (int i = 0; i < 1000; i++)
                peers.Add(await DialAsync());
            await Parallel.ForEachAsync(peers, Test, async (peer, _) =>
            {
                try
                {
                    await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}""");
                }
                catch (IOException)
                {
                    // Already refused; the reason can still be read.
                }

                JsonElement answer = await peer.NextAsync();
                if (answer.TryGetProperty("result", out JsonElement _))
                    Interlocked.Increment(ref served);
                else if (answer.GetProperty("params").GetProperty("id").GetString() == TorrentErrorId.ServiceUnavailable)
                    Interlocked.Increment(ref told);
            });
            Assert.Equal((200, 800), (served, told));
            Assert.Equal(200, server.Connections);
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }

        await Eventually(() => server.Connections == 0);
        using RawPeer next = await DialAsync();
        await SayHelloAsync(next);
        await AssertServesAsync(next);
    }

    [Fact]
    public async Task A_full_server_drops_the_longest_silent_connection_and_keeps_those_after_hello()
    {
        RpcServer server = Serve(new RpcServerOptions { MaxConnections = 20, MaxConnectionsOfUser = 15 });
        using RawPeer polite = await DialAsync();
        await SayHelloAsync(polite);
        var silent = new List<RawPeer>();
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                silent.Add(await DialAsync());
                if (i % 100 == 99)
                {
                    // In the midst of it.
                    using RawPeer newcomer = await DialAsync();
                    await SayHelloAsync(newcomer);
                    await AssertServesAsync(newcomer);
                    await AssertServesAsync(polite);
                }
            }

            JsonElement told = Assert.Single(await silent[0].ReadToEndAsync());
            Assert.Equal("ServiceUnavailable", told.GetProperty("params").GetProperty("id").GetString());
            await Eventually(() => server.Connections <= 15);
            await SayHelloAsync(silent[^1]);
            await AssertServesAsync(silent[^1]);
        }
        finally
        {
            silent.ForEach(peer => peer.Dispose());
        }

        await Eventually(() => server.Connections == 1);
        await AssertServesAsync(polite);
    }

    [Fact]
    public async Task A_running_handler_keeps_its_place_so_that_reconnecting_gains_nothing()
    {
        var release = new TaskCompletionSource();
        RpcServer server = Serve(
            new RpcServerOptions { MaxConnections = 2 },
            handlers: () => new RpcMethodTable().Add(TestMethods.Wait, async (_, _) =>
            {
                await release.Task;
                return RpcNothing.Value;
            }));
        for (int i = 0; i < 2; i++)
        {
            using RawPeer peer = await DialAsync();
            await SayHelloAsync(peer);
            await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"wait"}""");
            await peer.SendAsync("""{"jsonrpc":"2.0","id":2,"method":"no"}""");
            await peer.NextAsync(); // Both have been accepted.
        }

        using (RawPeer refused = await DialAsync())
            Assert.Equal("$/closing", Assert.Single(await refused.ReadToEndAsync()).GetProperty("method").GetString());
        release.SetResult();
        await Eventually(() => server.Connections == 0);
        using RawPeer next = await DialAsync();
        await SayHelloAsync(next);
    }

    [Fact]
    public async Task Stopping_the_service_fails_waits_with_the_reason_and_removes_the_socket()
    {
        RpcServer server = Serve();
        var (connection, _) = await ConnectAsync();
        await using RpcConnection client = connection;
        Task wait = client.CallAsync(TestMethods.Wait, RpcNothing.Value, Test);
        await client.CallAsync(TestMethods.Echo, new Text(), Test);
        await server.StopAsync(RemoteErrors.Stopped).WaitAsync(Patience, Test);
        Assert.Equal(RemoteErrors.Stopped, (await Assert.ThrowsAsync<TorrentException>(() => wait.WaitAsync(Patience, Test))).Error);
        Assert.False(File.Exists(_place.Socket));
        Assert.Equal(TorrentErrorId.ServiceUnavailable, (await Assert.ThrowsAsync<TorrentException>(() => ConnectAsync())).Error.Id);
    }

    [Fact]
    public async Task A_fault_while_admitting_a_client_affects_only_that_client()
    {
        int times = 0;
        Serve(handlers: () => ++times == 1 ? throw new InvalidOperationException("A mistake.") : TestMethods.Table());
        using RawPeer first = await DialAsync(), second = await DialAsync();
        await first.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}""");
        Assert.Equal(RpcErrorCode.InternalError, (await first.NextAsync()).GetProperty("error").GetProperty("code").GetInt32());
        await SayHelloAsync(second);
        await AssertServesAsync(second);
    }

    [Fact]
    public async Task A_failed_accept_is_retried()
    {
        var time = new FakeTimeProvider();
        var listener = new FailingListener();
        await using var server = new RpcServer(
            listener, Hello.OfThisProcess(), _ => TestMethods.Table(), new RpcServerOptions { Connection = RpcOptions.Service with { Time = time } });
        server.Start();
        var (one, other) = PipeStream.Pair();
        listener.Next = new RpcTransport(one, new PeerCredential("1", null));
        await Eventually(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return listener.Next is null;
        });
        var peer = new RawPeer(other);
        await SayHelloAsync(peer);
        Assert.InRange(listener.Failures, 2, int.MaxValue);
    }

    private RpcServer Serve(RpcServerOptions? options = null, Hello? own = null, Func<IRpcHandler>? handlers = null)
    {
        _server = new RpcServer(
            UnixSocketListener.Listen(_place.Socket), own ?? Hello.OfThisProcess(), _ => handlers?.Invoke() ?? TestMethods.Table(), options);
        _server.Start();
        return _server;
    }

    private async Task<RawPeer> DialAsync() => new((await ServiceEndpoint.DialAsync(_place.Socket, cancellationToken: Test)).Stream);

    private Task<(RpcConnection Connection, Hello Service)> ConnectAsync(params string[] features) => ServiceEndpoint.ConnectAsync(
        new RpcMethodTable(), Hello.OfThisProcess(features), _place.Socket, cancellationToken: Test);

    private static async Task SayHelloAsync(RawPeer peer)
    {
        await peer.SendAsync("""{"jsonrpc":"2.0","id":"hello","method":"hello","params":{"protocol":1}}""");
        Assert.True((await peer.NextAsync()).TryGetProperty("result", out _));
    }

    private static async Task AssertServesAsync(RawPeer peer)
    {
        await peer.SendAsync("""{"jsonrpc":"2.0","id":4711,"method":"echo","params":{"value":"served"}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":4711,"result":{"value":"served"}}""", await peer.NextLineAsync());
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 6000 && !condition(); i++)
            await Task.Delay(10, Test);
        Assert.True(condition(), "The condition was not met within a minute.");
    }

    private sealed class FailingListener : IRpcListener
    {
        private RpcTransport? _next;

        public string Address => "test";

        public int Failures { get; private set; }

        public RpcTransport? Next { get => Volatile.Read(ref _next); set => Volatile.Write(ref _next, value); }

        public async ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken)
        {
            if (Failures++ == 0)
                throw new IOException("Too many open files.");
            if (Failures == 2)
                throw new InvalidOperationException("A mistake.");
            if (Interlocked.Exchange(ref _next, null) is { } transport)
                return transport;
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("Not reached.");
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
