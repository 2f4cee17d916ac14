using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class HostConnectorTests
{
    private static readonly IPAddress A6 = IPAddress.Parse("2001:db8::1");
    private static readonly IPAddress B6 = IPAddress.Parse("2001:db8::2");
    private static readonly IPAddress C6 = IPAddress.Parse("2001:db8::3");
    private static readonly IPAddress A4 = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress B4 = IPAddress.Parse("192.0.2.2");

    private readonly FakeTimeProvider _time = new();
    private readonly HostConnector _connector;
    private readonly List<Attempt> _attempts = [];
    private bool _attemptsHearOfCancelling = true;

    public HostConnectorTests() => _connector = new HostConnector(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Ip_versions_take_turns_and_the_order_within_each_is_kept() =>
        Assert.Equal([A6, A4, B6, B4, C6], _connector.Order([A6, B6, C6, A4, B4, A6]));

    [Fact]
    public async Task The_second_address_is_tried_beside_a_silent_first_one_after_250_milliseconds()
    {
        Task<Connection> connecting = ConnectAsync(A6, A4);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal([A6], _attempts.Select(attempt => attempt.Address));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await UntilAsync(() => _attempts.Count == 2);
        Assert.False(_attempts[0].IsCancelled);
        _attempts[1].Succeed();

        Assert.Equal(A4, (await connecting).Address);
        await UntilAsync(() => _attempts[0].IsCancelled);
    }

    [Fact]
    public async Task The_second_address_is_tried_at_once_when_the_first_one_refuses()
    {
        Task<Connection> connecting = ConnectAsync(A6, A4);
        _attempts[0].Fail(SocketError.ConnectionRefused);
        await UntilAsync(() => _attempts.Count == 2);
        _attempts[1].Succeed();

        Assert.Equal(A4, (await connecting).Address);
    }

    [Fact]
    public async Task The_first_address_can_still_win_and_the_later_connection_is_closed()
    {
        _attemptsHearOfCancelling = false;
        Task<Connection> connecting = ConnectAsync(A6, A4);
        _time.Advance(HostConnector.Stagger);
        await UntilAsync(() => _attempts.Count == 2);

        _attempts[0].Succeed();
        Connection first = await connecting;
        Connection late = _attempts[1].Succeed();

        Assert.Equal(A6, first.Address);
        await UntilAsync(() => late.IsDisposed);
        Assert.False(first.IsDisposed);
    }

    [Fact]
    public async Task When_all_fail_the_last_failure_is_reported()
    {
        Task<Connection> connecting = ConnectAsync(A6, A4);
        _attempts[0].Fail(SocketError.NetworkUnreachable);
        await UntilAsync(() => _attempts.Count == 2);
        _attempts[1].Fail(SocketError.ConnectionRefused);

        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => connecting)).SocketErrorCode);
    }

    [Fact]
    public async Task An_address_that_failed_is_tried_last_for_ten_minutes()
    {
        Task<Connection> connecting = ConnectAsync(A6, A4);
        _attempts[0].Fail(SocketError.TimedOut);
        await UntilAsync(() => _attempts.Count == 2);
        _attempts[1].Succeed();
        await connecting;

        Assert.Equal([A4, A6], _connector.Order([A6, A4]));
        _time.Advance(HostConnector.Memory);
        Assert.Equal([A6, A4], _connector.Order([A6, A4]));
    }

    [Fact]
    public async Task An_address_that_lost_in_spite_of_its_head_start_is_tried_last_until_it_answers()
    {
        Task<Connection> connecting = ConnectAsync(A6, A4);
        _time.Advance(HostConnector.Stagger);
        await UntilAsync(() => _attempts.Count == 2);
        _attempts[1].Succeed();
        await connecting;
        Assert.True(_connector.IsSilent(A6));

        connecting = ConnectAsync(A6);
        _attempts[2].Succeed();
        await connecting;

        Assert.False(_connector.IsSilent(A6));
    }

    [Fact]
    public async Task Cancelling_ends_all_attempts_and_blames_no_address_that_had_no_time()
    {
        using var cancel = new CancellationTokenSource();
        Task<Connection> connecting = _connector.ConnectAsync([A6, A4], BeginAsync, cancel.Token);
        _time.Advance(HostConnector.Stagger);
        await UntilAsync(() => _attempts.Count == 2);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.All(_attempts, attempt => Assert.True(attempt.IsCancelled));
        Assert.False(_connector.IsSilent(A6) || _connector.IsSilent(A4));
    }

    [Fact]
    public async Task An_attempt_abandoned_after_a_long_silence_is_remembered()
    {
        using var cancel = new CancellationTokenSource();
        Task<Connection> connecting = _connector.ConnectAsync([A6], BeginAsync, cancel.Token);
        _time.Advance(TimeSpan.FromSeconds(15));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.True(_connector.IsSilent(A6));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
            await Task.Delay(1, patience.Token);
    }

    private Task<Connection> ConnectAsync(params IPAddress[] addresses) => _connector.ConnectAsync(addresses, BeginAsync, Token);

    private Task<Connection> BeginAsync(IPAddress address, CancellationToken cancellationToken)
    {
        var attempt = new Attempt(address, _attemptsHearOfCancelling, cancellationToken);
        _attempts.Add(attempt);
        return attempt.Task;
    }

    private sealed class Attempt
    {
        private readonly TaskCompletionSource<Connection> _connecting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationToken _token;

        public Attempt(IPAddress address, bool hearsOfCancelling, CancellationToken token)
        {
            (Address, _token) = (address, token);
            if (hearsOfCancelling)
                token.Register(() => _connecting.TrySetCanceled(token));
        }

        public IPAddress Address { get; }

        public Task<Connection> Task => _connecting.Task;

        public bool IsCancelled => _token.IsCancellationRequested;

        public Connection Succeed()
        {
            var connection = new Connection(Address);
            Assert.True(_connecting.TrySetResult(connection));
            return connection;
        }

        public void Fail(SocketError error) => _connecting.TrySetException(new SocketException((int)error));
    }

    private sealed class Connection(IPAddress address) : IDisposable
    {
        public IPAddress Address { get; } = address;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
