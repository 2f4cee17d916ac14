using System.Net.Sockets;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

#pragma warning disable CA1416 // Nothing of it runs on Windows.

namespace TorrentPatron.Remote.Tests.Endpoints;

[NotOnWindows("Named pipes stand for sockets there.")]
public sealed class UnixSocketTests : IDisposable
{
    private const int Other = 45678; // another user
    private const string NeedsRoot = "Only root can create files for other users.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestSocket _place = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task A_socket_and_its_folder_are_private_to_the_user_regardless_of_the_umask()
    {
        uint before = UMask(0);
        try
        {
            await using UnixSocketListener listener = UnixSocketListener.Listen(_place.Socket);
            Assert.Equal("700", Mode(_place.Folder));
            Assert.Equal("600", Mode(_place.Socket));
            Assert.Equal("600", Mode(Path.Combine(_place.Folder, "service.lock")));
        }
        finally
        {
            _ = UMask(before);
        }
    }

    [Theory]
    [InlineData("755")]
    [InlineData("710")]
    [InlineData("702")]
    public void A_folder_open_to_others_is_refused_with_a_remedy(string mode)
    {
        Directory.CreateDirectory(_place.Folder);
        File.SetUnixFileMode(_place.Folder, (UnixFileMode)Convert.ToInt32(mode, 8));
        TorrentError error = ErrorOfListening();
        Assert.Equal(TorrentErrorId.ServiceFolderUnsafe, error.Id);
        Assert.Contains(mode, error.Message, StringComparison.Ordinal);
        Assert.Equal($"Close it with: chmod 700 '{_place.Folder}'", error.Remedy);
        Assert.Equal(mode, Mode(_place.Folder));
    }

    [Fact]
    public async Task A_folder_of_another_user_is_refused()
    {
        Assert.SkipUnless(TestSocket.IsRoot, NeedsRoot);
        Directory.CreateDirectory(_place.Folder, SocketFolder.Mode);
        await TestSocket.RunAsync("chown", $"{Other}", _place.Folder);
        TorrentError error = ErrorOfListening();
        Assert.Equal((TorrentErrorId.ServiceFolderUnsafe, true), (error.Id, error.Message.Contains($"{Other}", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_link_or_a_file_in_place_of_the_folder_is_refused()
    {
        string target = Directory.CreateDirectory(Path.Combine(_place.Top, "target"), SocketFolder.Mode).FullName;
        Directory.CreateSymbolicLink(_place.Folder, target);
        Assert.Equal(TorrentErrorId.ServiceFolderUnsafe, ErrorOfListening().Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target));
        File.Delete(_place.Folder);
        File.WriteAllText(_place.Folder, "");
        Assert.Equal(TorrentErrorId.ServiceFolderUnsafe, ErrorOfListening().Id);
    }

    [Fact]
    public async Task A_second_service_is_refused_until_the_first_has_ended()
    {
        await using (UnixSocketListener first = UnixSocketListener.Listen(_place.Socket))
        {
            Assert.Equal(TorrentErrorId.ServiceRunning, ErrorOfListening().Id);
            using RpcTransport client = await DialAndAcceptAsync(first);
        }

        Assert.False(File.Exists(_place.Socket));
        await using UnixSocketListener second = UnixSocketListener.Listen(_place.Socket);
        using RpcTransport again = await DialAndAcceptAsync(second);
    }

    [Fact]
    public async Task Disposing_a_listener_twice_leaves_the_next_one_alone()
    {
        UnixSocketListener first = UnixSocketListener.Listen(_place.Socket);
        await first.DisposeAsync();
        await using UnixSocketListener second = UnixSocketListener.Listen(_place.Socket);
        await first.DisposeAsync();
        using RpcTransport client = await DialAndAcceptAsync(second);
    }

    [Fact]
    public async Task Only_one_of_many_concurrent_services_listens()
    {
        var listeners = new List<UnixSocketListener>();
        var errors = new List<string>();
        await Parallel.ForAsync(0, 50, new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = Test }, (_, _) =>
        {
            try
            {
                UnixSocketListener listener = UnixSocketListener.Listen(_place.Socket);
                lock (listeners)
                    listeners.Add(listener);
            }
            catch (TorrentException e)
            {
                lock (listeners)
                    errors.Add(e.Error.Id);
            }

            return ValueTask.CompletedTask;
        });
        Assert.Equal(Enumerable.Repeat(TorrentErrorId.ServiceRunning, 49), errors);
        await using UnixSocketListener only = Assert.Single(listeners);
        using RpcTransport client = await DialAndAcceptAsync(only);
    }

    [Fact]
    public async Task The_socket_of_a_dead_service_is_replaced()
    {
        Directory.CreateDirectory(_place.Folder, SocketFolder.Mode);
        var (code, output) = await TestSocket.PythonAsync(
            "import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()", null, _place.Socket);
        Assert.Equal((0, ""), (code, output));
        var refused = await Assert.ThrowsAsync<TorrentException>(() => DialAsync());
        Assert.Equal(TorrentErrorId.ServiceUnavailable, refused.Error.Id);

        await using UnixSocketListener listener = UnixSocketListener.Listen(_place.Socket);
        Assert.Equal("600", Mode(_place.Socket));
        using RpcTransport client = await DialAndAcceptAsync(listener);
    }

    [Fact]
    public void A_live_socket_without_a_lock_is_not_replaced()
    {
        Directory.CreateDirectory(_place.Folder, SocketFolder.Mode);
        using var live = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        live.Bind(new UnixDomainSocketEndPoint(_place.Socket));
        live.Listen(0);
        Assert.Equal(TorrentErrorId.ServiceRunning, ErrorOfListening().Id);
        // Even with a full queue.
        Assert.Equal(TorrentErrorId.ServiceRunning, ErrorOfListening().Id);
        Assert.Equal(TorrentErrorId.ServiceRunning, ErrorOfListening().Id);
    }

    [Fact]
    public void A_file_in_place_of_the_socket_is_left_alone()
    {
        Directory.CreateDirectory(_place.Folder, SocketFolder.Mode);
        File.WriteAllText(_place.Socket, "mine");
        Assert.Equal(TorrentErrorId.ServiceFolderUnsafe, ErrorOfListening().Id);
        Assert.Equal("mine", File.ReadAllText(_place.Socket));
    }

    [Fact]
    public void A_path_too_long_for_a_socket_is_an_error()
    {
        var thrown = Assert.Throws<TorrentException>(() => UnixSocketListener.Listen(Path.Combine(_place.Top, new string('x', 100), "service.sock")));
        Assert.Equal(TorrentErrorId.InvalidArgument, thrown.Error.Id);
    }

    [Fact]
    public async Task Connecting_without_a_service_fails_with_a_remedy()
    {
        var thrown = await Assert.ThrowsAsync<TorrentException>(() => DialAsync());
        Assert.Equal(TorrentErrorId.ServiceUnavailable, thrown.Error.Id);
        Assert.Contains("Start-TorrentService", thrown.Error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_system_provides_the_credentials_of_the_other_end()
    {
        await using UnixSocketListener listener = UnixSocketListener.Listen(_place.Socket);
        ValueTask<RpcTransport> accepting = listener.AcceptAsync(Test);
        using RpcTransport client = await DialAsync();
        using RpcTransport service = await accepting;
        var self = new PeerCredential((await TestSocket.RunAsync("id", "-u")).Output, Environment.ProcessId);
        Assert.Equal((self, self), (client.Peer, service.Peer));
    }

    [Fact]
    public async Task Another_user_cannot_reach_the_socket_and_is_refused_if_the_folder_was_opened()
    {
        Assert.SkipUnless(TestSocket.IsRoot && OperatingSystem.IsLinux() && File.Exists("/usr/bin/python3"), NeedsRoot);
        const string Connect = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(60)
            s.connect(sys.argv[1])
            try:
                print(s.recv(100))
            except ConnectionResetError:
                print("b''")
            """;
        await using UnixSocketListener listener = UnixSocketListener.Listen(_place.Socket);
        Task<RpcTransport> accepting = listener.AcceptAsync(Test).AsTask();
        var (code, output) = await TestSocket.PythonAsync(Connect, Other, _place.Socket);
        Assert.NotEqual(0, code);
        Assert.Contains("PermissionError", output, StringComparison.Ordinal);

        File.SetUnixFileMode(_place.Top, (UnixFileMode)0x1FF);
        File.SetUnixFileMode(_place.Folder, (UnixFileMode)0x1FF);
        File.SetUnixFileMode(_place.Socket, (UnixFileMode)0x1FF);
        Assert.Equal((0, "b''"), await TestSocket.PythonAsync(Connect, Other, _place.Socket));
        Assert.False(accepting.IsCompleted);
        using RpcTransport own = await DialAsync();
        using RpcTransport service = await accepting;
        Assert.Equal(own.Peer, service.Peer);
    }

    [Fact]
    public async Task A_service_of_another_user_is_not_trusted()
    {
        Assert.SkipUnless(TestSocket.IsRoot && OperatingSystem.IsLinux() && File.Exists("/usr/bin/python3"), NeedsRoot);
        File.SetUnixFileMode(_place.Top, (UnixFileMode)0x1FF);
        Directory.CreateDirectory(_place.Folder);
        await TestSocket.RunAsync("chown", $"{Other}", _place.Folder);
        Task<(int, string)> listening = TestSocket.PythonAsync(
            """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(60)
            s.bind(sys.argv[1])
            s.listen()
            print(s.accept()[0].recv(100))
            """,
            Other, _place.Socket);
        TorrentException thrown;
        do
        {
            thrown = await Assert.ThrowsAsync<TorrentException>(() => DialAsync());
            await Task.Delay(20, Test);
        }
        while (thrown.Error.Id == TorrentErrorId.ServiceUnavailable && !listening.IsCompleted);
        Assert.Equal(TorrentErrorId.ServiceAccessDenied, thrown.Error.Id);
        Assert.Equal((0, "b''"), await listening);
    }

    [Fact]
    public async Task A_dialer_waits_for_room_at_the_service_up_to_a_limit()
    {
        Directory.CreateDirectory(_place.Folder, SocketFolder.Mode);
        using var busy = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixDomainSocketEndPoint(_place.Socket));
        busy.Listen(1);
        var waiting = new List<RpcTransport>();
        TorrentException? thrown = null;
        while (thrown is null && waiting.Count < 10)
        {
            try
            {
                waiting.Add(await UnixSocketDialer.DialAsync(_place.Socket, null, TimeSpan.FromMilliseconds(200), TimeProvider.System, Test));
            }
            catch (TorrentException e)
            {
                thrown = e;
            }
        }

        Assert.Equal(TorrentErrorId.ServiceUnavailable, thrown?.Error.Id);
        Task<RpcTransport> next = UnixSocketDialer.DialAsync(_place.Socket, null, Patience, TimeProvider.System, Test);
        using Socket taken = await busy.AcceptAsync(Test);
        waiting.Add(await next);
        waiting.ForEach(one => one.Dispose());
    }

    [Fact]
    public void A_chosen_state_folder_determines_the_only_address()
    {
        IReadOnlyList<string> Places(string? state, string? runtime, params string[] own) => ServiceAddresses.OfUser(
            name => name switch { "TORRENTPATRON_STATE" => state, "XDG_RUNTIME_DIR" => runtime, _ => null },
            state ?? "/home/u/.local/state/TorrentPatron", "/run/user/7", own.Contains);

        Assert.Equal(["/s/service/service.sock"], Places("/s", "/run/user/7", "/run/user/7"));
        Assert.Equal(
            ["/run/user/7/torrentpatron/service.sock", "/home/u/.local/state/TorrentPatron/service/service.sock"], Places(null, "/run/user/7", "/run/user/7"));
        Assert.Equal(
            ["/x/torrentpatron/service.sock", "/run/user/7/torrentpatron/service.sock", "/home/u/.local/state/TorrentPatron/service/service.sock"],
            Places(null, "/x", "/x", "/run/user/7"));
        // A task without the variable finds it too; another user's folder, after sudo, and a relative path are ignored.
        Assert.Equal("/run/user/7/torrentpatron/service.sock", Places(null, null, "/run/user/7")[0]);
        Assert.Equal(["/home/u/.local/state/TorrentPatron/service/service.sock"], Places(null, "/run/user/1000"));
        Assert.Equal(["/home/u/.local/state/TorrentPatron/service/service.sock"], Places(null, "x", "x"));
    }

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private Task<RpcTransport> DialAsync() => ServiceEndpoint.DialAsync(_place.Socket, cancellationToken: Test);

    private async Task<RpcTransport> DialAndAcceptAsync(UnixSocketListener listener)
    {
        Task<RpcTransport> accepting = listener.AcceptAsync(Test).AsTask();
        RpcTransport client = await DialAsync();
        (await accepting).Dispose();
        return client;
    }

    private TorrentError ErrorOfListening() => Assert.Throws<TorrentException>(() => UnixSocketListener.Listen(_place.Socket)).Error;

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint UMask(uint mask);
}
