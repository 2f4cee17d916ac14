using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Server;
using TorrentPatron.Remote.Tests.Endpoints;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

#pragma warning disable CA1416 // Nothing of it runs on Windows.

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>A service that several users share: access and locations.</summary>
[NotOnWindows("A service is not shared with groups there.")]
public sealed class MachineServiceTests : IAsyncDisposable
{
    private const uint Members = 45_001, Readers = 45_002;
    private const int User = 45_678;

    /// <summary>Says hello, calls a method and prints the result.</summary>
    private const string Ask = """
        import json, socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(60)
        s.connect(sys.argv[1])
        lines = s.makefile("r", encoding="utf-8", newline="\n")
        try:
            for id, method, params in ((1, "hello", '{"protocol":1}'), (2, sys.argv[2], sys.argv[3])):
                try:
                    s.sendall(('{"jsonrpc":"2.0","id":%d,"method":"%s","params":%s}\n' % (id, method, params)).encode())
                except ConnectionError:
                    pass # Refused before; the reason is to be read still.
                while True:
                    message = json.loads(lines.readline())
                    if message.get("id") == id:
                        break
                    if message.get("method") == "$/closing" and message["params"]["id"] == "ServiceAccessDenied":
                        print("$/closing: " + message["params"]["remedy"])
                        sys.exit()
            print(json.dumps(message))
        except (ConnectionError, ValueError):
            print("turned away")
        """;

    private readonly TestSocket _place = new();
    private readonly TempFolder _temp = new();

    private readonly List<IAsyncDisposable> _running = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Root => _temp["root"];

    public async ValueTask DisposeAsync()
    {
        _running.Reverse();
        foreach (IAsyncDisposable one in _running)
            await one.DisposeAsync();
        _place.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_reader_can_only_read_and_other_methods_fail_with_an_id_and_a_remedy()
    {
        List<string> refused = await RefusedAsync(ServiceAccess.Read);
        Assert.Equal(MethodsOfClients().Except(Looking()).Order(StringComparer.Ordinal), refused.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_member_can_manage_torrents_but_not_stop_the_service_or_run_programs() =>
        Assert.Equal(
            [MethodNames.GetHooks, MethodNames.RegisterHook, MethodNames.ServiceStop, MethodNames.UnregisterHook],
            (await RefusedAsync(ServiceAccess.Steer)).Order(StringComparer.Ordinal));

    [Fact]
    public void Errors_describe_a_method_instead_of_naming_it()
    {
        Assert.All(MethodsOfClients(), method => Assert.NotEqual("do that", MethodDescriptions.Of(method)));
        Assert.Equal("show hooks", Methods.GetHooks.Purpose);
        Assert.Equal("move torrents", Methods.Command(MethodNames.Move).Purpose);
        string purpose = MethodDescriptions.Of(MethodNames.FetchMetadata);
        Assert.Equal("The service does not know how to fetch metadata.", RemoteErrors.NotKnown(purpose).Message);
        Assert.StartsWith("The service refused to fetch metadata (-32602: ", RemoteErrors.Refused(purpose, RpcErrorCode.InvalidParams).Message, StringComparison.Ordinal);
        Assert.Equal("The service was asked to fetch metadata and sent an invalid answer.", RemoteErrors.NotUnderstood(purpose).Message);
        Assert.Equal("The request to fetch metadata is longer than the limit of 9 bytes for one message.", RemoteErrors.TooLarge(purpose, 9).Message);
        Assert.Equal(
            "The service was asked to fetch metadata but did not answer within 2 s.", ClientErrors.NoAnswer(purpose, TimeSpan.FromSeconds(2)).Message);
    }

    private static IEnumerable<string> Looking() =>
    [
        .. MethodsOfClients().Where(method => method.StartsWith("get", StringComparison.Ordinal) && method != MethodNames.GetHooks),
        "attach", "detach", "subscribe", "flush", "clientStatus", "settings", "patrons", "service/info",
    ];

    private async Task<List<string>> RefusedAsync(ServiceAccess access)
    {
        await using RpcConnection client = await ConnectAsync(access, new TorrentService(Settings(), _ => new ScriptedClient()));
        var refused = new List<string>();
        foreach (string method in MethodsOfClients())
        {
            try
            {
                await client.CallAsync(new RpcMethod<RpcNothing, RpcNothing>(method, RpcJson.Default.RpcNothing, RpcJson.Default.RpcNothing), RpcNothing.Value, Token);
            }
            catch (TorrentException failed)
            {
                if (failed.Error.Id != TorrentErrorId.ServiceAccessDenied || failed.Error.Remedy.Length == 0)
                    continue;
                refused.Add(method);

                // Cmdlets show it to users, who do not know the method.
                Assert.EndsWith($" ask it to {MethodDescriptions.Of(method)}.", failed.Error.Message, StringComparison.Ordinal);
                Assert.Equal(
                    MethodAccess.Of(method) == ServiceAccess.Own, failed.Error.Message.StartsWith("Only the user who runs", StringComparison.Ordinal));
            }
        }

        return refused;
    }

    [Fact]
    public async Task A_readers_session_sees_torrents_and_each_change_fails_with_the_reason()
    {
        var torrents = new TorrentService(Settings(), _ => new ScriptedClient());
        await torrents.CreatePatron().StartAsync(Torrents.Start() with { Destination = Root }, Token);
        RemoteTorrentService remote = await RemoteTorrentService.ConnectAsync(await DialAsync(ServiceAccess.Read, torrents), cancellationToken: Token);
        _running.Add(remote);
        Patron patron = remote.CreatePatron();

        Assert.Equal("a", Assert.Single(patron.Statuses).Name);
        Assert.Equal(1, remote.GetClientStatus()!.Torrents);
        TorrentError[] refused =
        [
            Assert.IsType<TorrentStartFail>(await patron.StartAsync(Torrents.Start("b") with { Destination = Root }, Token)).Error,
            Assert.IsType<CommandFail>(await patron.SuspendAsync(Torrents.Hash(), Token)).Error,
            Assert.IsType<CommandFail>(await patron.RemoveAsync(Torrents.Hash(), deleteData: true, Token)).Error,
            (await Assert.ThrowsAsync<TorrentException>(() => remote.ApplyAsync(remote.Settings.Client with { MaxPeers = 7 }, Token))).Error,
        ];
        Assert.All(refused, error => Assert.Equal(TorrentErrorId.ServiceAccessDenied, error.Id));
        Assert.All(refused, error => Assert.NotEmpty(error.Remedy));
        Assert.Equal(TorrentState.Downloading, Assert.Single(patron.Statuses).State);
    }

    [Fact]
    public async Task Group_members_are_admitted_by_system_credentials_and_others_are_refused()
    {
        Assert.SkipUnless(TestSocket.IsRoot && OperatingSystem.IsLinux() && File.Exists("/usr/bin/python3"), "Only root can run programs as another user.");
        File.SetUnixFileMode(_place.Top, (UnixFileMode)0x1ED);
        var torrents = new TorrentService(Settings(), _ => new ScriptedClient());
        IRpcListener listener = await ServiceEndpoint.ListenAsync(
            _place.Socket, new AccessRules(new UserGroup("m", Members), new UserGroup("r", Readers)), ServiceScope.Machine);
        var host = new ServiceHost(torrents, listener) { Scope = ServiceScope.Machine };
        _running.AddRange([torrents, host]);
        host.Start();
        Assert.Equal("755", Mode(_place.Folder));
        Assert.Equal("666", Mode(_place.Socket));

        Assert.Contains("$/closing", await AsAsync(User, 45_000, "45003", "settings"), StringComparison.Ordinal);
        Assert.Equal("Read", Access(await AsAsync(User, 45_000, $"45003,{Readers}", "settings")));
        Assert.Equal("Read", Access(await AsAsync(User, (int)Readers, "45003", "settings")));
        Assert.Equal("Steer", Access(await AsAsync(User, 45_000, $"{Readers},{Members}", "settings")));
        // More groups than the initial buffer holds.
        Assert.Equal("Steer", Access(await AsAsync(
            User, 45_000, string.Join(',', Enumerable.Range(50_000, 300).Append((int)Members)), "settings")));
        string suspend = """{"infoHash":"4dc08614823c19512a28f3545ff1737ef08aa28d"}""";
        Assert.Contains("ServiceAccessDenied", await AsAsync(User, 45_000, $"{Readers}", "suspend", suspend), StringComparison.Ordinal);
        Assert.Contains("TorrentNotFound", await AsAsync(User, 45_000, $"{Members}", "suspend", suspend), StringComparison.Ordinal);
        Assert.Contains("Own", await TestSocket.PythonAsync(Ask, null, _place.Socket, "settings", "{}") is (0, var own) ? own : "", StringComparison.Ordinal);

        async Task<string> AsAsync(int user, int primary, string groups, string method, string parameters = "{}")
        {
            var (code, output) = await TestSocket.RunAsync(
                "setpriv", "--reuid", $"{user}", "--regid", $"{primary}", "--groups", groups, "/usr/bin/python3", "-I", "-S", "-c", Ask, _place.Socket, method, parameters);
            Assert.Equal(0, code);
            return output;
        }

        static string Access(string message) => JsonDocument.Parse(message).RootElement.GetProperty("result").GetProperty("access").GetString()!;
    }

    [Fact]
    public async Task With_one_group_only_that_group_can_reach_the_socket()
    {
        Assert.SkipUnless(TestSocket.IsRoot, "Only root can change the group of files to any group.");
        await using IRpcListener listener = await ServiceEndpoint.ListenAsync(_place.Socket, new AccessRules(new UserGroup("m", Members), null), ServiceScope.Machine);
        Assert.Equal("660", Mode(_place.Socket));
        Assert.Equal($"{Members}", (await TestSocket.RunAsync("stat", "-c", "%g", _place.Socket)).Output);
    }

    [Theory]
    [InlineData("777")]
    [InlineData("775")]
    public async Task A_folder_that_others_can_change_is_refused(string mode)
    {
        Directory.CreateDirectory(_place.Folder);
        File.SetUnixFileMode(_place.Folder, (UnixFileMode)Convert.ToInt32(mode, 8));
        TorrentException thrown = await Assert.ThrowsAsync<TorrentException>(
            () => ServiceEndpoint.ListenAsync(_place.Socket, new AccessRules(new UserGroup("m", Members), null), ServiceScope.Machine));
        Assert.Equal(TorrentErrorId.ServiceFolderUnsafe, thrown.Error.Id);
    }

    [Fact]
    public async Task A_service_of_another_user_is_trusted_only_where_root_has_appointed_that_user()
    {
        Assert.SkipUnless(TestSocket.IsRoot, "Only root can create files for other users.");
        string top = Directory.CreateDirectory("/run/torrentpatron-test-" + Guid.NewGuid().ToString("N")).FullName;
        try
        {
            string folder = Directory.CreateDirectory(Path.Combine(top, "service"), SocketFolder.Mode).FullName;
            string user = User.ToString(CultureInfo.InvariantCulture);
            await TestSocket.RunAsync("chown", user, folder);
            Assert.True(SocketFolder.IsAppointed(folder, user));
            Assert.False(SocketFolder.IsAppointed(folder, "1"));
            Assert.False(SocketFolder.IsAppointed(Path.Combine(folder, "deeper"), user));
            Directory.CreateSymbolicLink(Path.Combine(top, "link"), folder);
            Assert.False(SocketFolder.IsAppointed(Path.Combine(top, "link"), user));
            File.SetUnixFileMode(top, (UnixFileMode)0x1FF);
            Assert.False(SocketFolder.IsAppointed(folder, user));
            // Everybody can create folders below /tmp.
            await TestSocket.RunAsync("chown", user, _place.Top);
            Assert.False(SocketFolder.IsAppointed(_place.Top, user));
        }
        finally
        {
            Directory.Delete(top, recursive: true);
        }
    }

    [Fact]
    public async Task The_machines_service_does_not_start_without_roots_or_with_an_unknown_group()
    {
        Assert.Equal(TorrentErrorId.InvalidArgument, await StartFailsAsync(Settings() with { Roots = [] }, new() { Scope = ServiceScope.Machine }));
        Assert.Equal(TorrentErrorId.InvalidArgument, await StartFailsAsync(Settings() with { Roots = [_temp["missing"]] }, new() { Scope = ServiceScope.Machine }));
        Assert.Equal(TorrentErrorId.InvalidArgument, await StartFailsAsync(Settings(), new() { Scope = ServiceScope.Machine, Group = "no-such-group-here" }));
        Assert.Equal(TorrentErrorId.InvalidArgument, await StartFailsAsync(Settings(), new() { Group = "root" }));
        Assert.False(Directory.Exists(_place.Folder));
        Assert.Equal(new UserGroup("root", 0), PosixGroups.Find("root"));

        async Task<string> StartFailsAsync(ServiceSettings settings, SharedServiceOptions options) => (await Assert.ThrowsAsync<TorrentException>(
            () => SharedService.StartAsync(new TorrentService(settings, _ => new ScriptedClient()), options with { Address = _place.Socket }, Token))).Error.Id;
    }

    [Theory]
    [InlineData("elsewhere")]
    [InlineData("root/../elsewhere")]
    [InlineData("root/link/deeper")]
    [InlineData("root2")]
    public async Task A_destination_outside_the_roots_is_refused_for_starts_and_moves(string name)
    {
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateDirectory(Root);
        Directory.CreateSymbolicLink(_temp["root", "link"], _temp["elsewhere"]);
        Patron patron = await SteerAsync(new TorrentService(Settings(), client => new TorrentClient(client)));
        string destination = Path.Join(_temp.Path, name);

        TorrentAnswer refused = await patron.StartAsync(Torrents.Start("x") with { Destination = destination }, Token);
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Torrents.Start() with { Destination = _temp["root", "a"] }, Token));
        TorrentAnswer unmoved = await patron.MoveAsync(Torrents.Hash(), destination, Token);

        Assert.Equal(TorrentErrorId.DestinationNotAllowed, Assert.IsType<TorrentStartFail>(refused).Error.Id);
        Assert.Equal(TorrentErrorId.DestinationNotAllowed, Assert.IsType<CommandFail>(unmoved).Error.Id);
        Assert.Equal(_temp["root", "a"], patron.GetStatus(Torrents.Hash())!.Destination);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["elsewhere"]));
        Assert.False(Directory.Exists(_temp["root2"]));
        Assert.IsType<CommandDone>(await patron.MoveAsync(Torrents.Hash(), _temp["root", "b"], Token));
    }

    [Theory]
    [InlineData("elsewhere")]
    [InlineData("root/../elsewhere")]
    [InlineData("root/link")]
    public async Task Data_is_reused_only_from_below_the_roots(string name)
    {
        byte[] content = new byte[20_000];
        Random.Shared.NextBytes(content);
        TorrentMetainfo metainfo = Single(content);
        foreach (string folder in (string[])[_temp["elsewhere"], _temp["root", "here"]])
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Join(folder, "x"), content, Token);
        }

        Directory.CreateSymbolicLink(_temp["root", "link"], _temp["elsewhere"]);
        Patron patron = await SteerAsync(new TorrentService(Settings(), client => new TorrentClient(client)));
        var request = new StartRequest { Metainfo = metainfo, Destination = _temp["root", "a"], Reuse = new DataReuse([Path.Join(_temp.Path, name)]) };

        Assert.Equal(TorrentErrorId.DestinationNotAllowed, Assert.IsType<TorrentStartFail>(await patron.StartAsync(request, Token)).Error.Id);
        TorrentAnswer answer = await patron.StartAsync(
            request with { Reuse = new DataReuse([_temp["root", "here"]], ReuseMethod.HardLink) }, Token);
        Assert.IsType<NewTorrentCreated>(answer);
        TorrentStatus? done = await patron.WaitAsync(metainfo.TorrentId, status => status.IsComplete, Token);

        Assert.Equal((0, 20_000), (done!.BytesReceived, done.BytesReused));
    }

    [Fact]
    public async Task A_torrent_saved_outside_the_roots_is_not_restored_and_its_data_not_deleted()
    {
        Directory.CreateDirectory(Root);
        byte[] content = new byte[20_000];
        TorrentMetainfo metainfo = Single(content);
        string file = _temp["elsewhere", "a"];
        Directory.CreateDirectory(_temp["elsewhere"]);
        await using (var before = new TorrentService(Settings() with { Roots = [] }, client => new TorrentClient(client)))
        {
            Patron owner = before.CreatePatron();
            await owner.StartAsync(new StartRequest { Metainfo = metainfo, Destination = _temp["elsewhere"] }, Token);
            await File.WriteAllBytesAsync(file, content, Token);
            await owner.RecheckAsync(metainfo.TorrentId, Token);
            await owner.CloseAsync(metainfo.TorrentId, Token);
        }

        Patron patron = await SteerAsync(new TorrentService(Settings(), client => new TorrentClient(client)));
        SavedTorrent saved = patron.Service.States.Find(metainfo.TorrentId)!;
        Assert.Equal(TorrentErrorId.DestinationNotAllowed, Assert.IsType<TorrentStartFail>(await patron.RestoreAsync(saved, Token)).Error.Id);
        TorrentAnswer removal = await patron.RemoveAsync(metainfo.TorrentId, deleteData: true, Token);
        Assert.Equal(TorrentErrorId.DestinationNotAllowed, Assert.IsType<CommandFail>(removal).Error.Id);
        Assert.True(File.Exists(file));
        Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(metainfo.TorrentId, deleteData: false, Token));
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task A_file_outside_the_roots_is_not_read_through_a_link_even_if_its_hash_is_known()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(20_000);
        TorrentMetainfo metainfo = Single(secret);
        Directory.CreateDirectory(_temp["root", "a"]);
        await File.WriteAllBytesAsync(_temp["secret"], secret, Token);
        File.CreateSymbolicLink(_temp["root", "a", "a"], _temp["secret"]);
        Patron patron = await SteerAsync(new TorrentService(Settings(), client => new TorrentClient(client)));

        await patron.StartAsync(new StartRequest { Metainfo = metainfo, Destination = _temp["root", "a"], Options = new TorrentOptions { SeedOnly = true } }, Token);
        await patron.RecheckAsync(metainfo.TorrentId, Token);

        Assert.True(patron.GetStatus(metainfo.TorrentId) is null or { CompletedSize: 0 });
    }

    private static IEnumerable<string> MethodsOfClients() => typeof(MethodNames).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).Except([MethodNames.Message, MethodNames.Statuses]);

    private static TorrentMetainfo Single(byte[] content) => MetainfoReader.Read(new TorrentBuilder
    {
        Name = "a",
        Files = [new TorrentBuilderFile(null, content.Length)],
        PieceLength = 16384,
        PieceHashes = content.Chunk(16384).SelectMany(SHA1.HashData).ToArray(),
    }.Build());

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private ServiceSettings Settings()
    {
        Directory.CreateDirectory(Root);
        return new ServiceSettings
        {
            StatePath = _temp["state"],
            Roots = [Root],
            Client = new ClientSettings { BindAddress = IPAddress.Loopback, StatusInterval = TimeSpan.FromMilliseconds(50) },
        };
    }

    /// <summary>A connection to a service with a given access.</summary>
    private async Task<Stream> DialAsync(ServiceAccess access, TorrentService torrents)
    {
        var host = new ServiceHost(torrents, new AccessListener(await ServiceEndpoint.ListenAsync(_place.Socket), access)) { Scope = ServiceScope.Machine };
        _running.AddRange([torrents, host]);
        host.Start();
        return (await ServiceEndpoint.DialAsync(_place.Socket, cancellationToken: Token)).Stream;
    }

    private async Task<RpcConnection> ConnectAsync(ServiceAccess access, TorrentService torrents)
    {
        var connection = new RpcConnection(await DialAsync(access, torrents), new RpcMethodTable(), RpcOptions.Client);
        connection.Start();
        await HelloExchange.SayAsync(connection, Hello.OfThisProcess(), TimeProvider.System, Token);
        return connection;
    }

    private async Task<Patron> SteerAsync(TorrentService torrents)
    {
        RemoteTorrentService remote = await RemoteTorrentService.ConnectAsync(await DialAsync(ServiceAccess.Steer, torrents), cancellationToken: Token);
        _running.Add(remote);
        Assert.Equal(ServiceScope.Machine, remote.Scope);
        return remote.CreatePatron();
    }

    /// <summary>Gives every client the same access.</summary>
    private sealed class AccessListener(IRpcListener inner, ServiceAccess access) : IRpcListener
    {
        public string Address => inner.Address;

        public async ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken) =>
            await inner.AcceptAsync(cancellationToken) with { Access = access };

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
