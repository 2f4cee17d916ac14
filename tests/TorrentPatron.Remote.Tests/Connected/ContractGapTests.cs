using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Filters;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Proxies;
using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Server;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>Requests that do not fit into one message, or take long.</summary>
public class ContractGapTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IPAddress Blocked => IPAddress.Parse("192.0.2.7");

    private static IPAddress Allowed => IPAddress.Parse("10.0.0.1");

    [Fact]
    public async Task An_IP_filter_is_set_in_parts_kept_and_removed_at_run_time()
    {
        await using var test = new TestService();
        RemoteTorrentService remote = test.Service;
        await ApplyAsync(filter => AddressFilter.Over(filter, new AddressFilter(Ranges("192.0.2.0/24"), null) { Files = ["list.p2p"] }, true, false));
        Assert.False(Served().Allows(Blocked));
        Assert.True(Served().Allows(Allowed));
        Assert.Equal(["list.p2p"], Served().Files);
        Assert.Equal((1, null, "list.p2p"), (Known()!.BlockedRanges, Known()!.AllowedRanges, Assert.Single(Known()!.Files)));

        // Even if the settings were read before others changed them.
        ClientSettings early = remote.Settings.Client;
        await remote.ApplyAsync(remote.Settings.Client with { MaxPeers = 77 }, Token);
        Assert.False(Served().Allows(Blocked));
        await remote.ApplyAsync(early with { MaxPeers = 78 }, Token);
        Assert.False(Served().Allows(Blocked));

        // Only the other part: the blocked ranges stay, although they are not known here.
        await ApplyAsync(filter => AddressFilter.Over(filter, new AddressFilter(null, Ranges("10.0.0.0/8", "192.0.2.0/24")), false, true));
        Assert.False(Served().Allows(Blocked));
        Assert.True(Served().Allows(Allowed));
        Assert.False(Served().Allows(IPAddress.Parse("203.0.113.1")));

        await ApplyAsync(filter => AddressFilter.Over(filter, null, true, false));
        Assert.True(Served().Allows(Blocked));
        Assert.False(Served().Allows(IPAddress.Parse("203.0.113.1")));

        await ApplyAsync(_ => null);
        Assert.Null(test.Local.Settings.Client.Filter);
        Assert.Null(Known());

        AddressFilter Served() => test.Local.Settings.Client.Filter!;
        AddressFilter? Known() => remote.Settings.Client.Filter;

        async Task ApplyAsync(Func<AddressFilter?, AddressFilter?> change) => Assert.Empty(
            await remote.ApplyAsync(remote.Settings.Client with { Filter = change(remote.Settings.Client.Filter) }, Token));
    }

    [Fact]
    public async Task A_filter_larger_than_a_message_is_sent_in_parts()
    {
        await using var test = new TestService();
        AddressRanges many = Ranges([.. Enumerable.Range(0, 200_000).Select(i => $"{(i >> 14) + 1}.{(i >> 6) & 255}.{(i & 63) * 4}.1")]);
        Assert.True(many.ToBytes().Length > 1 << 20);

        Assert.Empty(await test.Service.ApplyAsync(test.Service.Settings.Client with { Filter = new AddressFilter(many, null) }, Token));

        Assert.Equal(many.ToBytes(), test.Local.Settings.Client.Filter!.Blocked!.ToBytes());
    }

    [Fact]
    public async Task The_password_of_a_proxy_goes_to_the_service_stays_there_and_is_saved_nowhere()
    {
        await using var test = new TestService();
        var proxy = new ProxySettings(ProxyKind.Socks5, new HostEndPoint("127.0.0.1", 9)) { Credential = new ProxyCredential("user", "se-cret-7") };

        await test.Service.ApplyAsync(test.Service.Settings.Client with { Proxy = proxy }, Token);
        await test.Service.ApplyAsync(test.Service.Settings.Client with { MaxPeers = 77 }, Token);
        await test.Service.CreatePatron().StartAsync(Torrents.Start(), Token);

        Assert.Equal("se-cret-7", test.Local.Settings.Client.Proxy!.Credential!.GetPassword());
        Assert.Equal(77, test.Local.Settings.Client.MaxPeers);
        Assert.Null(test.Service.Settings.Client.Proxy!.Credential);
        Assert.All(
            Directory.GetFiles(test.StatePath, "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith("holder-", StringComparison.Ordinal)),
            file => Assert.DoesNotContain("se-cret-7", System.Text.Encoding.Latin1.GetString(ReadShared(file)), StringComparison.Ordinal));
        await test.Service.ApplyAsync(test.Service.Settings.Client with { Proxy = null }, Token);
        Assert.Null(test.Local.Settings.Client.Proxy);
    }

    [Fact]
    public async Task Long_checks_do_not_block_other_commands_of_the_connection()
    {
        await using var test = new TestService(client => client.Hold = command => command is RecheckTorrent);
        Patron patient = test.Service.CreatePatron(), other = test.Service.CreatePatron();
        await patient.StartAsync(Torrents.Start(), Token);
        await other.StartAsync(Torrents.Start("b"), Token);

        Task<TorrentAnswer>[] checks = [.. Enumerable.Range(0, 500).Select(_ => patient.RecheckAsync(Torrents.Hash(), Token))];
        while (test.Client.Commands.Count(command => command is RecheckTorrent) < checks.Length)
            await Task.Delay(10, Token);

        Assert.IsType<CommandDone>(await other.SuspendAsync(Torrents.Hash("b"), Token));
        Assert.IsType<NewTorrentCreated>(await other.StartAsync(Torrents.Start("c"), Token));
        Assert.Equal(3, test.Service.GetClientStatus()!.Torrents);
        Assert.DoesNotContain(checks, check => check.IsCompleted);

        foreach (TorrentCommand held in test.Client.Commands.Where(command => command is RecheckTorrent))
            test.Client.Answer(held);
        Assert.All(await Task.WhenAll(checks), answer => Assert.IsType<CommandDone>(answer));
    }

    [Fact]
    public async Task A_torrent_too_large_for_a_message_is_requested_in_parts()
    {
        await using var test = new TestService();
        TorrentMetainfo huge = Torrents.Make("huge", pieces: 700_000);
        Assert.True(huge.Raw.Length > MessageDto.MostMetainfo);

        Patron patron = test.Service.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(new StartRequest { Metainfo = huge, Destination = Path.GetTempPath() }, Token));

        Assert.True(huge.Raw.Span.SequenceEqual(test.Service.States.ReadMetainfo(huge.TorrentId)!.Raw.Span));
        Assert.True(huge.Raw.Span.SequenceEqual(test.Service.States.Find(huge.TorrentId)!.ReadMetainfo()!.Raw.Span));
    }

    [Fact]
    public void Uploads_are_limited_per_client_per_user_and_in_all_and_released()
    {
        var budget = new UploadBudget(all: 100, ofUser: 60);
        using var first = new ClientUploads(budget, "1");
        using var second = new ClientUploads(budget, "1");
        using var third = new ClientUploads(budget, "2");
        Add(first, "a", 50);
        Assert.Throws<TorrentException>(() => Add(second, "a", 11));
        Add(second, "a", 10);
        Assert.Throws<TorrentException>(() => Add(third, "a", 41));
        Add(third, "a", 40);
        Assert.Equal(50, first.Take("a")!.Length);
        Assert.Throws<TorrentException>(() => first.Take("a"));
        Add(third, "b", 20);
        foreach (string name in new[] { "c", "d" })
            Add(third, name, 0);
        Assert.Throws<TorrentException>(() => Add(third, "e", 0));
        third.Dispose();
        second.Dispose();
        Assert.Throws<TorrentException>(() => Add(third, "a", 1));
        Assert.True(budget.TryTake("3", 60));
        Assert.True(budget.TryTake("4", 40));

        static void Add(ClientUploads uploads, string name, int bytes) => uploads.Add(new UploadDto { Upload = name, Data = new byte[bytes] });
    }

    [Fact]
    public void An_upload_idle_for_a_minute_is_dropped_to_make_room()
    {
        var time = new FakeTimeProvider();
        var budget = new UploadBudget(all: 100, ofUser: 100);
        using var idle = new ClientUploads(budget, "1", time);
        using var other = new ClientUploads(budget, "2", time);
        idle.Add(new UploadDto { Upload = "a", Data = new byte[90] });
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Throws<TorrentException>(() => other.Add(new UploadDto { Upload = "a", Data = new byte[11] }));

        time.Advance(TimeSpan.FromSeconds(1));
        other.Add(new UploadDto { Upload = "a", Data = new byte[100] });

        Assert.Throws<TorrentException>(() => idle.Take("a"));
        Assert.Equal(100, other.Take("a")!.Length);
        Assert.True(budget.TryTake("3", 100));
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static AddressRanges Ranges(params string[] texts) => AddressRanges.Of(texts.Select(text =>
    {
        Assert.True(AddressRange.TryParse(text, out AddressRange range));
        return range;
    }));
}
