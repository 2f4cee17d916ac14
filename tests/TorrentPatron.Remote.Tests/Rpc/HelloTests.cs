using System.Text;
using System.Text.Json;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Tests.Rpc;

public sealed class HelloTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, true)]
    [InlineData(3, 1, 1, 1, true)]
    [InlineData(1, 1, 3, 1, true)]
    [InlineData(3, 2, 2, 1, true)]
    [InlineData(1, 0, 1, 1, true)]
    [InlineData(2, 2, 1, 1, false)]
    [InlineData(1, 1, 2, 2, false)]
    [InlineData(0, 0, 1, 1, false)]
    [InlineData(-1, -5, 1, 1, false)]
    [InlineData(1, 2, 1, 1, false)]
    public void Two_sides_with_a_common_version_are_compatible(int client, int clientLeast, int service, int serviceLeast, bool agree)
    {
        TorrentError? error = Hello.Compare(
            new Hello { Protocol = client, Minimum = clientLeast, Version = "1.2.3" }, new Hello { Protocol = service, Minimum = serviceLeast, Version = "4.5.6" });
        Assert.Equal(agree, error is null);
        if (error is null)
            return;
        Assert.Equal(TorrentErrorId.ServiceVersionMismatch, error.Id);
        Assert.Contains("1.2.3", error.Message, StringComparison.Ordinal);
        Assert.Contains("4.5.6", error.Message, StringComparison.Ordinal);
        Assert.Equal(service < client, error.Message.EndsWith("the service is older.", StringComparison.Ordinal));
        Assert.Equal(service < client, error.Remedy.Contains("Restart the service", StringComparison.Ordinal));
    }

    [Fact]
    public void The_hello_of_this_process_describes_it()
    {
        Hello own = Hello.OfThisProcess("one");
        Assert.Equal((Hello.CurrentProtocol, Hello.OldestProtocol, Environment.ProcessId), (own.Protocol, own.Minimum, own.ProcessId));
        Assert.Matches(@"^\d+\.\d+\.\d+$", own.Version);
        Assert.NotEmpty(own.Program);
        Assert.Null(Hello.Compare(own, own));
    }

    [Fact]
    public void Texts_of_the_other_side_are_limited_and_safe_to_print()
    {
        Hello said = new Hello
        {
            Protocol = 1,
            Program = "evil\u001b[2J" + new string('x', 1000),
            Features = [.. Enumerable.Range(0, 1000).Select(i => $"feature {i}"), new string('y', 1000), null!],
        }.Cleaned();
        Assert.Equal(64, said.Features.Length);
        Assert.InRange(said.Program.Length, 1, 64);
        Assert.DoesNotContain('\u001b', said.Program);
    }

    [Theory]
    [InlineData("""{"protocol":1}""", true)]
    [InlineData("""{"protocol":1,"later":{"x":[]},"features":["new"],"processId":7}""", true)]
    [InlineData("""{}""", null)]
    [InlineData("""{"protocol":"1"}""", false)]
    [InlineData("""{"protocol":1,"program":null}""", false)]
    [InlineData("""{"protocol":1,"features":"x"}""", false)]
    [InlineData("""{"protocol":1e9}""", false)]
    public async Task The_gate_opens_for_a_valid_hello(string json, bool? opens)
    {
        var gate = new HelloGate(Hello.OfThisProcess(), _ => TestMethods.Table());
        await using var _ = Connection(gate, out RawPeer peer);
        await peer.SendAsync($$"""{"jsonrpc":"2.0","id":1,"method":"hello","params":{{json}}}""");
        JsonElement answer = await peer.NextAsync();
        Assert.Equal(opens is true, answer.TryGetProperty("result", out JsonElement result));
        if (opens is true)
            Assert.Equal(Environment.ProcessId, result.GetProperty("processId").GetInt32());
        else
            Assert.Equal(opens is false ? RpcErrorCode.InvalidParams : RpcErrorCode.Failed, answer.GetProperty("error").GetProperty("code").GetInt32());
        Assert.Equal(opens is true, await gate.Outcome is null);
    }

    [Fact]
    public async Task Nothing_is_handled_before_hello_and_hello_is_accepted_once()
    {
        var gate = new HelloGate(Hello.OfThisProcess(), _ => TestMethods.Table());
        await using (Connection(gate, out RawPeer peer))
        {
            // In one chunk: the next request need not wait for the answer.
            await peer.SendAsync(Encoding.UTF8.GetBytes("""
                {"jsonrpc":"2.0","method":"tick","params":{"value":1}}
                {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}
                {"jsonrpc":"2.0","id":2,"method":"echo","params":{"value":"x"}}
                {"jsonrpc":"2.0","id":3,"method":"hello","params":{"protocol":1}}

                """));
            Assert.True((await peer.NextAsync()).TryGetProperty("result", out _));
            Assert.Equal("""{"jsonrpc":"2.0","id":2,"result":{"value":"x"}}""", await peer.NextLineAsync());
            Assert.Equal(RpcErrorCode.InvalidRequest, (await peer.NextAsync()).GetProperty("error").GetProperty("code").GetInt32());
        }

        var early = new HelloGate(Hello.OfThisProcess(), _ => throw new InvalidOperationException("Not reached."));
        await using (Connection(early, out RawPeer peer))
        {
            await peer.SendAsync("""{"jsonrpc":"2.0","id":2,"method":"echo","params":{"value":"x"}}""");
            Assert.Equal("""{"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"Invalid request"}}""", await peer.NextLineAsync());
            Assert.Equal(RemoteErrors.NoHello, await early.Outcome);
        }
    }

    [Fact]
    public async Task A_client_refuses_a_service_that_is_too_old_even_if_the_service_accepts_it()
    {
        var (one, other) = PipeStream.Pair();
        using var peer = new RawPeer(one);
        await using var client = new RpcConnection(other, new RpcMethodTable(), RpcOptions.Client);
        client.Start();
        Task<Hello> hello = HelloExchange.SayAsync(client, Hello.OfThisProcess(), TimeProvider.System, TestContext.Current.CancellationToken);
        await peer.NextAsync();
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"result":{}}""");
        Assert.Equal(TorrentErrorId.ServiceVersionMismatch, (await Assert.ThrowsAsync<TorrentException>(() => hello)).Error.Id);
        Assert.True(client.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_silent_service_is_not_waited_for_without_limit()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var (one, other) = PipeStream.Pair();
        using var peer = new RawPeer(one);
        await using var client = new RpcConnection(other, new RpcMethodTable(), RpcOptions.Client with { Time = time });
        client.Start();
        Task<Hello> hello = HelloExchange.SayAsync(client, Hello.OfThisProcess(), time, TestContext.Current.CancellationToken);
        await peer.NextAsync();
        time.Advance(HelloExchange.Deadline);
        Assert.Equal(TorrentErrorId.ServiceUnavailable, (await Assert.ThrowsAsync<TorrentException>(() => hello)).Error.Id);
        Assert.True(client.Completion.IsCompleted);
    }

    private static RpcConnection Connection(IRpcHandler handler, out RawPeer peer)
    {
        var (one, other) = PipeStream.Pair();
        var connection = new RpcConnection(one, handler, RpcOptions.Service);
        connection.Start();
        peer = new RawPeer(other);
        return connection;
    }
}
