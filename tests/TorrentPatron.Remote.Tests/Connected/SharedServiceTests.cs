using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>The differences of a service in another process: several clients, their death and its own.</summary>
public class SharedServiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_torrent_outlives_the_client_that_started_it_and_another_client_stops_it()
    {
        await using var test = new TestService();
        Patron first = test.Service.CreatePatron("first");
        Assert.IsType<NewTorrentCreated>(await first.StartAsync(Torrents.Start(), Token));
        RemoteTorrentService other = await test.ConnectAsync();
        Patron second = other.CreatePatron("second");
        Task<TorrentStatus?> waiting = second.WaitAsync(Torrents.Hash(), status => status.IsComplete, Token);

        await test.Service.DisposeAsync();
        while (test.Host.Own.OwnStatuses.Count == 0)
            await Task.Delay(10, Token);

        Assert.True(first.IsStopped);
        Assert.Equal("a", Assert.Single(second.Statuses).Name);
        Assert.Empty(second.OwnStatuses);
        Assert.False(waiting.IsCompleted);
        Assert.IsType<TorrentClosed>(await second.CloseAsync(Torrents.Hash(), Token));
        Assert.Empty(second.Statuses);
        Assert.Equal(TorrentState.Stopped, (await waiting)!.State);
        Assert.False(test.Client.IsDisposed);
    }

    [Fact]
    public async Task A_pending_start_is_completed_even_if_its_client_dies()
    {
        await using var test = new TestService(client => client.Hold = command => command is CreateNewTorrent);
        Task<TorrentAnswer> starting = test.Service.CreatePatron().StartAsync(Torrents.Start(), Token);
        while (test.Clients.Count == 0)
            await Task.Delay(10, Token);
        TorrentCommand command = await test.Client.NextAsync();

        await test.Service.DisposeAsync();
        test.Client.Answer(command);
        while (test.Host.Own.OwnStatuses.Count == 0)
            await Task.Delay(10, Token);

        Assert.Equal(TorrentErrorId.PatronStopped, Assert.IsType<TorrentStartFail>(await starting).Error.Id);
        Assert.DoesNotContain(test.Client.Commands, sent => sent is CloseTorrent);
    }

    [Fact]
    public async Task Stopping_a_patron_leaves_its_torrents_running()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);

        await patron.DisposeAsync();

        Assert.Equal("a", Assert.Single(test.Service.CreatePatron().Statuses).Name);
        Assert.Single(test.Host.Own.OwnStatuses);
    }

    [Fact]
    public async Task Waits_and_requests_fail_with_a_remedy_when_the_service_stops()
    {
        await using var test = new TestService(client => client.Hold = command => command is RecheckTorrent);
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        Task<TorrentStatus?> waiting = patron.WaitAsync(Torrents.Hash(), status => status.IsComplete, Token);
        Task<TorrentAnswer> rechecking = patron.RecheckAsync(Torrents.Hash(), Token);
        IAsyncEnumerator<TorrentStatus> watching = patron.WatchAsync(cancellationToken: Token).GetAsyncEnumerator(Token);
        Assert.True(await watching.MoveNextAsync());

        await test.Host.DisposeAsync();

        TorrentError[] errors =
        [
            (await Assert.ThrowsAsync<TorrentException>(() => waiting)).Error,
            Assert.IsType<CommandFail>(await rechecking).Error,
            (await Assert.ThrowsAsync<TorrentException>(async () =>
            {
                while (await watching.MoveNextAsync())
                {
                }
            })).Error,
            Assert.IsType<TorrentStartFail>(await patron.StartAsync(Torrents.Start("b"), Token)).Error,
            (await Assert.ThrowsAsync<TorrentException>(() => patron.WaitAsync(Torrents.Hash(), _ => true, Token))).Error,
            test.Service.Fault!,
        ];
        Assert.All(errors, error => Assert.Equal(TorrentErrorId.ServiceUnavailable, error.Id));
        Assert.All(errors, error => Assert.NotEmpty(error.Remedy));
        Assert.Empty(patron.Statuses);
    }

    [Fact]
    public async Task A_client_that_connects_sees_every_torrent_at_once()
    {
        await using var test = new TestService();
        Patron patron = test.Local.CreatePatron();
        const int count = 510; // more than fit into one part
        await Task.WhenAll(Enumerable.Range(0, count).Select(number => patron.StartAsync(Torrents.Start($"t{number}"), Token)));

        Patron late = (await test.ConnectAsync()).CreatePatron();

        Assert.Equal(
            patron.Statuses.Select(status => status.Name).Order(StringComparer.Ordinal),
            late.Statuses.Select(status => status.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_client_connected_before_the_engine_sees_torrents_of_others()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        Assert.Empty(patron.Statuses);

        await test.Local.CreatePatron().StartAsync(Torrents.Start(), Token);
        await patron.FlushEventsAsync(Token);
        while (patron.GetStatus(Torrents.Hash()) is null)
            await Task.Delay(10, Token);

        Assert.Equal(TorrentState.Downloading, Assert.Single(patron.Statuses).State);
        Assert.Equal(ClientCapabilities.None, test.Service.Capabilities);
    }

    [Fact]
    public async Task The_statuses_contain_a_torrent_before_its_answer_arrives()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        for (int round = 0; round < 50; round++)
        {
            await patron.StartAsync(Torrents.Start($"t{round}"), Token);
            Assert.NotNull(patron.GetOwnStatus(Torrents.Hash($"t{round}")));
            await patron.SuspendAsync(Torrents.Hash($"t{round}"), Token);
            Assert.Equal(TorrentState.Suspended, patron.GetStatus(Torrents.Hash($"t{round}"))!.State);
            await patron.CloseAsync(Torrents.Hash($"t{round}"), Token);
            Assert.Null(patron.GetStatus(Torrents.Hash($"t{round}")));
            Assert.Empty(patron.OwnStatuses);
        }
    }

    [Fact]
    public async Task A_torrent_larger_than_a_message_is_uploaded_in_parts()
    {
        await using var test = new TestService();
        TorrentMetainfo large = Torrents.Make("large", pieces: 80_000);
        Assert.True(large.Raw.Length > RpcLimits.MaxLineToService);

        TorrentAnswer answer = await test.Service.CreatePatron()
            .StartAsync(new StartRequest { Metainfo = large, Destination = Path.GetTempPath() }, Token);

        Assert.IsType<NewTorrentCreated>(answer);
        Assert.Equal(large.Raw.ToArray(), Assert.IsType<CreateNewTorrent>(Assert.Single(test.Client.Commands)).Metainfo!.Raw.ToArray());
        Assert.Equal(large.Raw.ToArray(), test.Service.States.ReadMetainfo(large.TorrentId)!.Raw.ToArray());
    }

    [Fact]
    public async Task The_source_is_read_by_the_client_and_a_relative_destination_is_below_its_folder()
    {
        await using var test = new TestService();
        using var folder = new TempFolder();
        string file = folder["x.torrent"];
        await File.WriteAllBytesAsync(file, Torrents.Bytes(), Token);

        TorrentAnswer answer = await test.Service.CreatePatron().StartAsync(
            new StartRequest { Source = Service.Sources.TorrentSource.FromFile(file), CurrentFolder = folder.Path }, Token);

        Assert.IsType<NewTorrentCreated>(answer);
        Assert.Equal(folder.Path, Assert.IsType<CreateNewTorrent>(Assert.Single(test.Client.Commands)).Destination);
    }

    [Fact]
    public async Task Saved_torrents_of_the_service_are_listed_and_restored()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start() with { Suspended = true }, Token);
        await patron.CloseAsync(Torrents.Hash(), Token);

        SavedTorrent saved = Assert.Single(test.Service.States.Enumerate());
        Assert.Equal(Torrents.Bytes(), saved.ReadMetainfo()!.Raw.ToArray());
        Assert.Equal("a", saved.ReadStatus().Name);
        Assert.IsType<NewTorrentCreated>(await patron.RestoreAsync(saved, Token));
        Assert.Null(test.Service.States.Find(Torrents.Hash("b")));
    }

    [Fact]
    public async Task Settings_changed_by_one_client_apply_to_all()
    {
        await using var test = new TestService();
        RemoteTorrentService other = await test.ConnectAsync();
        Assert.Null(other.Capabilities);
        Assert.Null(other.GetClientStatus());

        await other.ApplyAsync(other.Settings.Client with { MaxPeers = 77 }, Token);
        await other.CreatePatron().StartAsync(Torrents.Start(), Token);

        Assert.Equal(77, other.Settings.Client.MaxPeers);
        Assert.Equal(ClientCapabilities.None, other.Capabilities);
        Assert.Equal(1, other.GetClientStatus()!.Torrents);
        while (test.Service.Settings.Client.MaxPeers != 77)
            await Task.Delay(10, Token);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_dropped_without_harm_to_others_and_told_why_when_it_reconnects()
    {
        var options = new RpcServerOptions { Connection = RpcOptions.Service with { FlushDeadline = TimeSpan.FromSeconds(1) } };
        await using var test = new TestService(options: options);
        Patron patron = test.Service.CreatePatron();
        TorrentId torrent = (await patron.StartAsync(Torrents.Start(), Token)).TorrentId;
        await using Stream deaf = await test.DialAsync();
        await deaf.WriteAsync("""{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}"""u8.ToArray(), Token);
        await deaf.WriteAsync("\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"subscribe\"}\n"u8.ToArray(), Token);
        while (test.Host.Clients < 2)
            await Task.Delay(10, Token);

        for (int round = 0; test.Host.Clients == 2; round++)
        {
            TorrentStatus status = test.Client.GetStatus(torrent)!;
            test.Client.Say(new TorrentStatusUpdate(torrent, status with { Name = new string('x', 10_000) }));
            Assert.IsType<CommandDone>(await patron.SuspendAsync(torrent, Token));
        }

        Assert.Single(patron.Statuses);
        Assert.Null(test.Service.CutOff);
        TorrentError why = (await test.ConnectAsync()).CutOff!;
        Assert.Equal(TorrentErrorId.ServiceUnavailable, why.Id);
        Assert.Contains("did not read", why.Message, StringComparison.Ordinal);
        Assert.NotEmpty(why.Remedy);
        Assert.Null((await test.ConnectAsync()).CutOff);
    }

    [Fact]
    public async Task A_client_that_reconnects_automatically_keeps_the_reason_for_its_dropped_connection()
    {
        var options = new RpcServerOptions { Connection = RpcOptions.Service with { FlushDeadline = TimeSpan.FromSeconds(1) } };
        await using var test = new TestService(options: options);
        Patron patron = test.Service.CreatePatron();
        TorrentId torrent = (await patron.StartAsync(Torrents.Start(), Token)).TorrentId;
        var awake = new TaskCompletionSource();
        awake.SetResult();
        await using RemoteTorrentService client = await RemoteTorrentService.ConnectAsync(
            async (_, _) => new PausableStream(await test.DialAsync(), () => awake.Task), RpcOptions.Client, TimeSpan.FromMinutes(1), Token);
        Patron stopped = client.CreatePatron();
        Assert.Equal(TorrentState.Downloading, Assert.Single(stopped.Statuses).State);

        awake = new TaskCompletionSource();
        for (int round = 0; test.Host.Clients == 2; round++)
        {
            TorrentStatus status = test.Client.GetStatus(torrent)!;
            test.Client.Say(new TorrentStatusUpdate(torrent, status with { Name = new string('x', 10_000) }));
            Assert.IsType<CommandDone>(await patron.SuspendAsync(torrent, Token));
        }

        Assert.Null(client.CutOff);
        awake.SetResult();
        while (client.CutOff is null)
            await Task.Delay(10, Token);
        Assert.Contains("did not read", client.CutOff.Message, StringComparison.Ordinal);
        while (!stopped.IsConnected)
            await Task.Delay(10, Token);
        Assert.Null(client.Fault);
    }

    [Fact]
    public async Task A_client_that_writes_JSON_by_hand_starts_a_torrent_and_sees_it()
    {
        await using var test = new TestService();
        await using Stream stream = await test.DialAsync();
        using var reader = new StreamReader(stream);
        string metainfo = Convert.ToBase64String(Torrents.Bytes());

        JsonElement hello = await AskAsync("hello", """{"protocol":1,"program":"hand"}""");
        JsonElement answer = await AskAsync("start", $$"""{"metainfo":"{{metainfo}}","destination":"{{Path.GetTempPath()}}"}""");
        JsonElement statuses = await AskAsync("getStatuses", "{}");
        JsonElement patrons = await AskAsync("patrons", "{}");

        Assert.Equal(1, hello.GetProperty("protocol").GetInt32());
        Assert.Equal("NewTorrentCreated", answer.GetProperty("kind").GetString());
        Assert.Equal("Downloading", answer.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal("a", Assert.Single(statuses.GetProperty("changed").EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains(patrons.GetProperty("patrons").EnumerateArray(), patron => patron.GetProperty("name").GetString() == "hand");

        async Task<JsonElement> AskAsync(string method, string parameters)
        {
            string request = $$"""{"jsonrpc":"2.0","id":"{{method}}","method":"{{method}}","params":{{parameters}}}""";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request + "\n"), Token);
            while (true)
            {
                JsonElement line = JsonDocument.Parse((await reader.ReadLineAsync(Token))!).RootElement;
                if (line.TryGetProperty("id", out JsonElement id) && id.GetString() == method)
                    return line.GetProperty("result");
            }
        }
    }

    [Fact]
    public async Task A_download_through_the_service_has_the_engines_result_and_events()
    {
        using var temp = new TempFolder();
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        Directory.CreateDirectory(temp["seed"]);
        await File.WriteAllBytesAsync(temp["seed", "a"], content, Token);
        TorrentMetainfo metainfo = MetainfoReader.Read(new TorrentBuilder
        {
            Name = "a",
            Files = [new TorrentBuilderFile(null, content.Length)],
            PieceLength = 16384,
            PieceHashes = content.Chunk(16384).SelectMany(SHA1.HashData).ToArray(),
        }.Build());
        await using TorrentService seeding = MakeService(temp["seeder"]), local = MakeService(temp["leecher"]);
        Patron seeder = seeding.CreatePatron();
        await seeder.StartAsync(new StartRequest { Metainfo = metainfo, Destination = temp["seed"] }, Token);
        await seeder.WaitAsync(metainfo.TorrentId, status => status.State == TorrentState.Seeding, Token);
        int port = seeding.GetClientStatus()!.ListenEndPoints[0].Port;
        string address = OperatingSystem.IsWindows() ? $"{ServiceAddresses.PipePrefix}TorrentPatron-test-{Guid.NewGuid():N}" : temp["run", "s"];
        await using var host = new ServiceHost(local, await ServiceEndpoint.ListenAsync(address));
        host.Start();
        await using RemoteTorrentService remote = await RemoteTorrentService.ConnectAsync(address, cancellationToken: Token);
        Patron patron = remote.CreatePatron();
        var outbox = patron.OpenOutbox();

        TorrentAnswer answer = await patron.StartAsync(
            new StartRequest { Metainfo = metainfo, Destination = temp["leech"], Peers = [new IPEndPoint(IPAddress.Loopback, port)] }, Token);
        TorrentStatus? complete = await patron.WaitAsync(metainfo.TorrentId, status => status.IsComplete, Token);

        Assert.IsType<NewTorrentCreated>(answer);
        Assert.Equal(TorrentState.Seeding, complete!.State);
        Assert.Equal(content, await File.ReadAllBytesAsync(temp["leech", "a"], Token));
        Assert.IsType<NewTorrentCreated>(await outbox.ReadAsync(Token));
        TorrentMessage message;
        do
            message = await outbox.ReadAsync(Token);
        while (message is not TorrentCompleted);
        Assert.True(Assert.Single(patron.GetFiles(metainfo.TorrentId)).IsComplete);
        Assert.Equal(metainfo.Raw.ToArray(), patron.GetMetainfo(metainfo.TorrentId)!.Raw.ToArray());
        Assert.True(remote.Capabilities!.Value.HasFlag(ClientCapabilities.Magnets));
        Assert.Empty(Assert.IsType<TorrentChecked>(await patron.RecheckAsync(metainfo.TorrentId, Token)).BadPieces);
        Assert.IsType<TorrentClosed>(await patron.CloseAsync(metainfo.TorrentId, Token));
        Assert.Empty(local.CreatePatron().Statuses);

        // The saved state includes the files.
        FileSnapshot file = Assert.Single(remote.States.Find(metainfo.TorrentId)!.ReadFiles());
        Assert.Equal((content.Length, content.Length, true), ((int)file.Length, (int)file.CompletedSize, file.IsOwn));
        Assert.Equal(temp["leech", "a"], file.FullPath);
    }

    [Theory]
    [InlineData("close", """{"infoHash":"zz"}""", TorrentErrorId.InvalidArgument)]
    [InlineData("detach", """{"patron":"b3f1fca9-6b56-4b27-a5a0-8a6d3c0f0d5c"}""", TorrentErrorId.InvalidArgument)]
    [InlineData("upload", """{"data":"AAAA"}""", TorrentErrorId.InvalidArgument)]
    [InlineData("start", """{"upload":"x"}""", TorrentErrorId.InvalidArgument)]
    [InlineData("start", """{"metainfo":"AAAA"}""", TorrentErrorId.InvalidTorrent)]
    [InlineData("start", """{"magnet":"magnet:?x"}""", TorrentErrorId.InvalidTorrent)]
    [InlineData("start", """{"saved":"4dc08614823c19512a28f3545ff1737ef08aa28d"}""", TorrentErrorId.TorrentNotFound)]
    [InlineData("start", """{"magnet":"magnet:?xt=urn:btih:4dc08614823c19512a28f3545ff1737ef08aa28d"}""", TorrentErrorId.InvalidArgument)]
    [InlineData("getFiles", "{}", TorrentErrorId.InvalidArgument)]
    [InlineData("apply", """{"maxPeers":0}""", TorrentErrorId.InvalidArgument)]
    public async Task Invalid_requests_are_refused_with_an_id_and_a_remedy(string method, string parameters, string id)
    {
        await using var test = new TestService();
        await using Stream stream = await test.DialAsync();
        using var reader = new StreamReader(stream);
        string[] lines =
        [
            """{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}""",
            $$"""{"jsonrpc":"2.0","id":2,"method":"{{method}}","params":""" + parameters + "}",
        ];
        await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), Token);
        await reader.ReadLineAsync(Token);

        JsonElement error = JsonDocument.Parse((await reader.ReadLineAsync(Token))!).RootElement.GetProperty("error");

        Assert.Equal(-32000, error.GetProperty("code").GetInt32());
        Assert.Equal(id, error.GetProperty("data").GetProperty("id").GetString());
        Assert.NotEmpty(error.GetProperty("data").GetProperty("remedy").GetString()!);
    }

    private static TorrentService MakeService(string statePath) => new(
        new ServiceSettings
        {
            StatePath = statePath,
            Client = new ClientSettings { BindAddress = IPAddress.Loopback, StatusInterval = TimeSpan.FromMilliseconds(50) },
        },
        settings => new TorrentClient(settings));
}
