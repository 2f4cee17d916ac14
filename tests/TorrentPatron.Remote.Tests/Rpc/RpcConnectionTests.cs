using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Tests.Rpc;

public sealed class RpcConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_sides_call_and_notify_each_other()
    {
        var ticks = new List<int>();
        var (one, other) = PipeStream.Pair();
        await using var service = new RpcConnection(one, TestMethods.Table(), RpcOptions.Service);
        await using var client = new RpcConnection(
            other,
            TestMethods.Table().Add(TestMethods.Tick, (tick, _) =>
            {
                ticks.Add(tick.Value);
                return ValueTask.CompletedTask;
            }),
            RpcOptions.Client);
        service.Start();
        client.Start();

        Assert.Equal("größe 日本 \n\" '+", (await client.CallAsync(TestMethods.Echo, new Text { Value = "größe 日本 \n\" '+" }, Test)).Value);
        for (int i = 0; i < 1000; i++)
            await service.NotifyAsync(TestMethods.Tick, new Number { Value = i }, Test);
        // After the notifications, in the same direction.
        Assert.Equal("x", (await service.CallAsync(TestMethods.Echo, new Text { Value = "x" }, Test)).Value);
        Assert.Equal(Enumerable.Range(0, 1000), ticks);
    }

    [Fact]
    public async Task Calls_from_many_threads_each_get_their_own_answer()
    {
        await using var pair = new RpcPair();
        RpcConnection client = pair.Client;
        await Parallel.ForAsync(0, 5000, new ParallelOptions { MaxDegreeOfParallelism = 200, CancellationToken = Test }, async (i, token) =>
        {
            string text = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(text, (await client.CallAsync(TestMethods.Echo, new Text { Value = text }, token)).Value);
        });
    }

    [Theory]
    [InlineData("garbage", "null", -32700)]
    [InlineData("[]", "null", -32600)]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":"echo"}]""", "null", -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":"a","method":"no"}""", "\"a\"", -32601)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"echo","params":[1]}""", "5", -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"echo","params":{"value":{}}}""", "5", -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"echo","params":{"value":null}}""", "5", -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"echo","params":{"value":"\ud800"}}""", "5", -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"throw","params":{"value":"other"}}""", "5", -32603)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"throw","params":{"value":"json"}}""", "5", -32603)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"throw","params":{"value":"cancelled"}}""", "5", -32800)]
    [InlineData("""{"jsonrpc":"2.0","id":5,"method":"fill","params":{"value":20000000}}""", "5", -32603)]
    public async Task Errors_have_the_code_of_the_specification_and_no_text_of_the_runtime(string line, string id, int code)
    {
        await using var served = new ServiceSide();
        await served.Peer.SendAsync(line);
        string answer = (await served.Peer.NextLineAsync())!;
        Assert.Equal($$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":{{{code}}},"message":"{{{RpcErrorCode.TextOf(code)}}}"}}""", answer);
        await served.AssertServesAsync();
    }

    [Fact]
    public async Task An_error_of_the_service_is_sent_with_its_id_and_remedy_and_thrown_at_the_client()
    {
        await using var served = new ServiceSide();
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":5,"method":"throw","params":{"value":"torrent"}}""");
        Assert.Equal(
            """{"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"It runs in process 7.","data":{"id":"TorrentInUse","message":"It runs in process 7.","remedy":"Stop it there."}}}""",
            await served.Peer.NextLineAsync());

        await using var pair = new RpcPair();
        RpcConnection client = pair.Client;
        var thrown = await Assert.ThrowsAsync<TorrentException>(() => client.CallAsync(TestMethods.Throw, new Text { Value = "torrent" }, Test));
        Assert.Equal(new TorrentError("TorrentInUse", "It runs in process 7.", "Stop it there."), thrown.Error);
        var unknown = await Assert.ThrowsAsync<TorrentException>(() => client.CallAsync(TestMethods.Echo with { Name = "no" }, new Text(), Test));
        Assert.Equal((TorrentErrorId.NotSupported, RpcErrorCode.MethodNotFound), (unknown.Error.Id, ((RpcException)unknown.InnerException!).Code));
        var fault = await Assert.ThrowsAsync<TorrentException>(() => client.CallAsync(TestMethods.Throw, new Text { Value = "other" }, Test));
        Assert.DoesNotContain("System", fault.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":null}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":[]}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":null}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{"id":1}}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/closing"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/closing","params":[1]}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"unknown","params":{"x":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":99,"result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"x"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":99,"result":{},"error":{}}""")]
    [InlineData("")]
    [InlineData("\r\n \r")]
    public async Task Unknown_notifications_and_stray_responses_are_ignored(string line)
    {
        await using var served = new ServiceSide();
        await served.Peer.SendAsync(line);
        await served.AssertServesAsync();
    }

    [Fact]
    public async Task A_request_is_cancelled_by_its_id_and_others_go_on()
    {
        await using var served = new ServiceSide();
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":"w","method":"wait"}""");
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":2,"method":"wait","params":{}}""");
        await served.AssertServesAsync();
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"later":[],"id":"w"}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":"w","error":{"code":-32800,"message":"Request cancelled"}}""", await served.Peer.NextLineAsync());
        await served.AssertServesAsync();
    }

    [Fact]
    public async Task Cancelling_a_call_ends_it_at_once_and_cancels_it_at_the_other_side()
    {
        var (one, other) = PipeStream.Pair();
        using var peer = new RawPeer(one);
        await using var client = new RpcConnection(other, TestMethods.Table(), RpcOptions.Client);
        client.Start();
        using var cancel = new CancellationTokenSource();
        Task<RpcNothing> call = client.CallAsync(TestMethods.Wait, RpcNothing.Value, cancel.Token);
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"method":"wait","params":{}}""", await peer.NextLineAsync());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}""", await peer.NextLineAsync());
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"Request cancelled"}}""");
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"echo","params":{"value":"goes on"}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"result":{"value":"goes on"}}""", await peer.NextLineAsync());
    }

    [Fact]
    public async Task A_client_has_64_pending_calls_and_a_cancelled_one_counts_until_it_is_answered()
    {
        var (one, other) = PipeStream.Pair();
        using var peer = new RawPeer(one);
        await using var client = new RpcConnection(other, TestMethods.Table(), RpcOptions.Client);
        client.Start();
        using var cancel = new CancellationTokenSource();
        Task<RpcNothing>[] calls = [.. Enumerable.Range(0, RpcLimits.MaxRequests).Select(_ => client.CallAsync(TestMethods.Wait, RpcNothing.Value, cancel.Token))];
        for (int i = 0; i < RpcLimits.MaxRequests; i++)
            await peer.NextAsync();
        await cancel.CancelAsync();
        foreach (Task<RpcNothing> call in calls)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Task<Text> next = client.CallAsync(TestMethods.Echo, new Text { Value = "next" }, Test);
        for (int i = 0; i < RpcLimits.MaxRequests; i++)
            Assert.Equal("$/cancelRequest", (await peer.NextAsync()).GetProperty("method").GetString());
        Assert.False(next.IsCompleted);
        await peer.SendAsync("""{"jsonrpc":"2.0","id":7,"error":{"code":-32800,"message":"Request cancelled"}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":65,"method":"echo","params":{"value":"next"}}""", await peer.NextLineAsync());
        await peer.SendAsync("""{"jsonrpc":"2.0","id":65,"result":{"value":"next"}}""");
        Assert.Equal("next", (await next).Value);
    }

    [Fact]
    public async Task Answers_may_arrive_out_of_order()
    {
        await using var served = new ServiceSide();
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"wait"}""");
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":2,"method":"echo","params":{"value":"b"}}""");
        Assert.Equal(2, (await served.Peer.NextAsync()).GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task An_id_in_use_is_refused_without_harm_to_its_request_and_can_be_used_again_after_it()
    {
        await using var served = new ServiceSide();
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"wait"}""");
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"echo"}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}""", await served.Peer.NextLineAsync());
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"Request cancelled"}}""", await served.Peer.NextLineAsync());
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"echo","params":{"value":"again"}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"result":{"value":"again"}}""", await served.Peer.NextLineAsync());
    }

    [Fact]
    public async Task With_64_pending_requests_no_more_are_read_but_cancelling_works()
    {
        await using var served = new ServiceSide();
        for (int i = 0; i < RpcLimits.MaxRequests; i++)
            await served.Peer.SendAsync($$"""{"jsonrpc":"2.0","id":{{i}},"method":"wait"}""");
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3}}""");
        Assert.Equal(3, (await served.Peer.NextAsync()).GetProperty("id").GetInt32());
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":100,"method":"wait"}""");
        await served.Peer.SendAsync("""{"jsonrpc":"2.0","id":101,"method":"echo"}""");
        Task<JsonElement> next = served.Peer.NextAsync();
        await Task.Delay(100, Test);
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task Garbage_is_answered_some_times_and_then_ends_the_connection()
    {
        await using var served = new ServiceSide();
        for (int i = 0; i < RpcLimits.MaxInvalidMessages; i++)
            await served.Peer.SendAsync("GET / HTTP/1.1");
        List<JsonElement> all = await served.Peer.ReadToEndAsync();
        Assert.Equal(RpcLimits.MaxInvalidMessages + 1, all.Count);
        Assert.Equal(RpcMessages.ClosingMethod, all[^1].GetProperty("method").GetString());
        Assert.Equal(RpcClosureCause.NotRpc, (await served.Connection.Completion.WaitAsync(Patience, Test)).Cause);
    }

    [Fact]
    public async Task An_endless_line_closes_the_connection_at_the_limit_with_the_reason()
    {
        await using var served = new ServiceSide();
        byte[] noise = Enumerable.Repeat((byte)'[', 1 << 16).ToArray();
        for (int sent = 0; sent <= RpcLimits.MaxLineToService; sent += noise.Length)
            await served.Peer.SendAsync(noise);
        RpcClosure closure = await served.Connection.Completion.WaitAsync(Patience, Test);
        Assert.Equal((RpcClosureCause.LineTooLong, TorrentErrorId.ServiceUnavailable), (closure.Cause, closure.Error.Id));
        JsonElement told = Assert.Single(await served.Peer.ReadToEndAsync());
        Assert.Equal(closure.Error.Message, told.GetProperty("params").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_client_accepts_lines_of_16_MiB_and_the_service_sends_none_that_are_longer()
    {
        await using var pair = new RpcPair();
        RpcConnection client = pair.Client;
        int overhead = """{"jsonrpc":"2.0","id":1,"result":{"value":""}}""".Length;
        int most = RpcLimits.MaxLineToClient - overhead;
        Assert.Equal(most, (await client.CallAsync(TestMethods.Fill, new Number { Value = most }, Test)).Value.Length);
        await Assert.ThrowsAsync<TorrentException>(() => client.CallAsync(TestMethods.Fill, new Number { Value = most + 1 }, Test));

        var tooLarge = await Assert.ThrowsAsync<TorrentException>(
            () => client.CallAsync(TestMethods.Echo, new Text { Value = new string('x', RpcLimits.MaxLineToService) }, Test));
        Assert.Equal(TorrentErrorId.InvalidArgument, tooLarge.Error.Id);
        Assert.Equal("x", (await client.CallAsync(TestMethods.Echo, new Text { Value = "x" }, Test)).Value);
    }

    [Fact]
    public async Task A_partner_that_does_not_read_is_dropped_after_the_flush_deadline_and_not_before()
    {
        var time = new FakeTimeProvider();
        await using var served = new ServiceSide(RpcOptions.Service with { Time = time });
        Task notifying = Task.Run(async () =>
        {
            for (int i = 0; i < 100_000; i++)
                await served.Connection.NotifyAsync(TestMethods.Tick, new Number { Value = i }, Test);
        }, Test);
        await Eventually(() => served.IsWriting);
        time.Advance(RpcOptions.Service.FlushDeadline - TimeSpan.FromMilliseconds(2));
        Assert.False(served.Connection.Completion.IsCompleted);
        // A partner that reads something in time stays connected.
        for (int i = 0; i < 2000; i++)
            await served.Peer.NextAsync();
        await Eventually(() => served.IsWriting);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(served.Connection.Completion.IsCompleted);

        await PassDeadlineAsync(time, served.Connection);
        RpcClosure closure = await served.Connection.Completion.WaitAsync(Patience, Test);
        Assert.Equal(RpcClosureCause.NotRead, closure.Cause);
        var thrown = await Assert.ThrowsAsync<TorrentException>(() => notifying);
        Assert.Equal(closure.Error, thrown.Error);
        await served.Connection.Drained.WaitAsync(Patience, Test);
    }

    [Fact]
    public async Task A_hundred_thousand_requests_with_unread_answers_stall_the_client_and_cost_little()
    {
        var time = new FakeTimeProvider();
        await using var served = new ServiceSide(RpcOptions.Service with { Time = time });
        int sent = 0;
        Task sending = Task.Run(async () =>
        {
            try
            {
                for (; sent < 100_000; sent++)
                    await served.Peer.Stream.WriteAsync(Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":{{{sent}}},"method":"fill","params":{"value":1000}}""" + "\n"), Test);
            }
            catch (InvalidOperationException)
            {
                // The connection is dropped.
            }
        }, Test);
        await Eventually(() => served.IsWriting);
        int before = -1;
        await Eventually(() => before == (before = sent), TimeSpan.FromMilliseconds(300));
        Assert.InRange(sent, RpcLimits.MaxRequests, 10_000);
        await PassDeadlineAsync(time, served.Connection);
        await served.Connection.Drained.WaitAsync(Patience, Test);
        await sending.WaitAsync(Patience, Test);
    }

    [Fact]
    public async Task The_end_of_a_client_cancels_its_pending_requests()
    {
        var cancelled = new TaskCompletionSource();
        var (one, other) = PipeStream.Pair();
        await using var service = new RpcConnection(
            one,
            new RpcMethodTable().Add(TestMethods.Wait, async (_, token) =>
            {
                await using (token.Register(cancelled.SetResult))
                    await cancelled.Task;
                return RpcNothing.Value;
            }),
            RpcOptions.Service);
        service.Start();
        using var peer = new RawPeer(other);
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"wait"}""");
        peer.Dispose();
        Assert.Equal(RpcClosureCause.ClosedByPartner, (await service.Completion.WaitAsync(Patience, Test)).Cause);
        await cancelled.Task.WaitAsync(Patience, Test);
        await service.Drained.WaitAsync(Patience, Test);
    }

    [Fact]
    public async Task A_connection_has_drained_when_its_last_handler_has_ended()
    {
        var running = new TaskCompletionSource();
        var (one, other) = PipeStream.Pair();
        await using var service = new RpcConnection(
            one,
            new RpcMethodTable().Add(TestMethods.Wait, async (_, _) =>
            {
                await running.Task;
                return RpcNothing.Value;
            }),
            RpcOptions.Service);
        service.Start();
        using var peer = new RawPeer(other);
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"wait"}""");
        peer.Dispose();
        await service.Completion.WaitAsync(Patience, Test);
        Assert.False(service.Drained.IsCompleted);
        running.SetResult();
        await service.Drained.WaitAsync(Patience, Test);
    }

    [Fact]
    public async Task Calls_fail_with_the_services_closing_reason()
    {
        await using var pair = new RpcPair();
        RpcConnection client = pair.Client;
        Task call = client.CallAsync(TestMethods.Wait, RpcNothing.Value, Test);
        await client.CallAsync(TestMethods.Echo, new Text(), Test);
        await pair.Service.CloseAsync(new RpcClosure(RpcClosureCause.Closed, RemoteErrors.Stopped));
        Assert.Equal(RemoteErrors.Stopped, (await Assert.ThrowsAsync<TorrentException>(() => call)).Error);
        Assert.Equal(new RpcClosure(RpcClosureCause.ClosedByPartner, RemoteErrors.Stopped), await client.Completion);
        Assert.Equal(RemoteErrors.Stopped, (await Assert.ThrowsAsync<TorrentException>(() => client.CallAsync(TestMethods.Echo, new Text(), Test))).Error);
    }

    [Fact]
    public async Task An_invalid_answer_fails_only_the_call()
    {
        var (one, other) = PipeStream.Pair();
        using var peer = new RawPeer(one);
        await using var client = new RpcConnection(other, TestMethods.Table(), RpcOptions.Client);
        client.Start();
        foreach (string answer in new[] { "\"result\":null", "\"result\":[]", "\"result\":{\"value\":7}", "\"error\":{\"code\":\"x\"}", "\"error\":{\"code\":-32000,\"data\":[]}" })
        {
            Task<Text> call = client.CallAsync(TestMethods.Echo, new Text(), Test);
            int id = (await peer.NextAsync()).GetProperty("id").GetInt32();
            await peer.SendAsync($$"""{"jsonrpc":"2.0","id":{{id}},{{answer}}}""");
            var thrown = await Assert.ThrowsAsync<TorrentException>(() => call.WaitAsync(Patience, Test));
            Assert.Equal(TorrentErrorId.Unexpected, thrown.Error.Id);
            Assert.DoesNotContain("System", thrown.Error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_fault_in_a_notification_handler_affects_only_the_notification()
    {
        var (one, other) = PipeStream.Pair();
        await using var service = new RpcConnection(
            one, TestMethods.Table().Add(TestMethods.Tick, (_, _) => throw new InvalidOperationException("A mistake.")), RpcOptions.Service);
        service.Start();
        using var peer = new RawPeer(other);
        await peer.SendAsync("""{"jsonrpc":"2.0","method":"tick","params":{"value":1}}""");
        await peer.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"echo","params":{"value":"x"}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"result":{"value":"x"}}""", await peer.NextLineAsync());
    }

    [Fact]
    public async Task Requests_reach_the_handlers_in_the_order_in_which_they_were_sent()
    {
        var order = new List<int>();
        var (one, other) = PipeStream.Pair();
        var count = TestMethods.Fill with { Name = "count" };
        await using var service = new RpcConnection(
            one,
            new RpcMethodTable().Add(count, async (number, token) =>
            {
                order.Add(number.Value);
                await Task.Delay(number.Value % 3, token);
                return new Text();
            }),
            RpcOptions.Service);
        service.Start();
        using var peer = new RawPeer(other);
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
                await peer.SendAsync($$$"""{"jsonrpc":"2.0","id":{{{i}}},"method":"count","params":{"value":{{{i}}}}}""");
        }, Test);
        for (int i = 0; i < 500; i++)
            await peer.NextAsync();
        await sending;
        Assert.Equal(Enumerable.Range(0, 500), order);
    }

    /// <summary>Advances the clock until the connection is dropped: a message may begin to wait a moment later than it seems.</summary>
    private static Task PassDeadlineAsync(FakeTimeProvider time, RpcConnection connection) => Eventually(() =>
    {
        time.Advance(RpcOptions.Service.FlushDeadline);
        return connection.Completion.IsCompleted;
    });

    private static async Task Eventually(Func<bool> condition, TimeSpan? pause = null)
    {
        for (int i = 0; i < 6000; i++)
        {
            if (condition())
                return;
            await Task.Delay(pause ?? TimeSpan.FromMilliseconds(10), Test);
        }

        Assert.Fail("The condition was not met within a minute.");
    }

    /// <summary>A service and a client with the test methods, connected in memory.</summary>
    private sealed class RpcPair : IAsyncDisposable
    {
        public RpcPair()
        {
            var (one, other) = PipeStream.Pair();
            Service = new RpcConnection(one, TestMethods.Table(), RpcOptions.Service);
            Client = new RpcConnection(other, TestMethods.Table(), RpcOptions.Client);
            Service.Start();
            Client.Start();
        }

        public RpcConnection Service { get; }

        public RpcConnection Client { get; }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Service.DisposeAsync();
        }
    }

    /// <summary>The service's side of a connection with the test methods, and a raw peer at the other end.</summary>
    private sealed class ServiceSide : IAsyncDisposable
    {
        private readonly WatchedStream _stream;

        public ServiceSide(RpcOptions? options = null)
        {
            var (one, other) = PipeStream.Pair();
            _stream = new WatchedStream(one);
            Connection = new RpcConnection(_stream, TestMethods.Table(), options ?? RpcOptions.Service);
            Connection.Start();
            Peer = new RawPeer(other);
        }

        public RpcConnection Connection { get; }

        public RawPeer Peer { get; }

        /// <summary>Whether a message is waiting for room.</summary>
        public bool IsWriting => _stream.IsWriting;

        public async Task AssertServesAsync()
        {
            await Peer.SendAsync("""{"jsonrpc":"2.0","id":4711,"method":"echo","params":{"value":"served"}}""");
            Assert.Equal("""{"jsonrpc":"2.0","id":4711,"result":{"value":"served"}}""", await Peer.NextLineAsync());
        }

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync();
            Peer.Dispose();
        }
    }

    private sealed class WatchedStream(Stream inner) : DuplexStream
    {
        private volatile Task _writing = Task.CompletedTask;

        public bool IsWriting => !_writing.IsCompleted;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _writing = inner.WriteAsync(buffer, cancellationToken).AsTask();
            return new ValueTask(_writing);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
