using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Tests.WebSeeds;

/// <summary>Web seeds over real sockets: the network's policies apply to them.</summary>
public sealed class WebSeedNetworkTests : IDisposable
{
    private const int Piece = 32 * 1024;

    private readonly TempFolder _folder = new();
    private readonly SwarmTorrent _torrent = new(160, Piece, 60 * Piece);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_request_is_sent_while_the_interface_is_missing_and_then_from_its_new_address()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The loopback interface has one address, or another name.");
        var interfaces = new FakeInterfaces();
        interfaces.Have(FakeInterfaces.Of("lo", "127.0.0.5"));
        var binding = new NetworkBinding(new BindTarget("lo", null), interfaces, TimeProvider.System);
        await using var server = new LoopbackWebServer(_torrent.Data) { Pause = TimeSpan.FromMilliseconds(20) };
        await using var client = new TorrentClient(Settings with { BindInterface = "lo" }, binding, TimeProvider.System);
        Start(client, server.Address);
        await TestEngine.UntilAsync(() => Status(client) is { VerifiedPieces: > 2 });

        interfaces.Change();
        await TestEngine.UntilAsync(() => Status(client).Warnings.Any(warning => warning.Id == TorrentErrorId.NetworkDown) && Status(client).ActiveWebSeeds == 0);
        Assert.True(Status(client).VerifiedPieces < _torrent.Metainfo.PieceCount);
        Assert.All(server.Clients, from => Assert.Equal("127.0.0.5", from));

        interfaces.Change(FakeInterfaces.Of("lo", "127.0.0.6"));
        await TestEngine.UntilAsync(() => Status(client).State == TorrentState.Seeding);
        _torrent.AssertIsIn(_folder.Path);
        Assert.Equal("127.0.0.6", server.Clients[^1]);
    }

    [Fact]
    public async Task A_blocked_web_seed_is_not_asked_and_requests_to_a_newly_blocked_one_end()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "macOS has only 127.0.0.1.");
        await using var server = new LoopbackWebServer(_torrent.Data, "127.0.0.2") { Pause = TimeSpan.FromMilliseconds(20) };
        await using var client = new TorrentClient(Settings with { BindAddress = IPAddress.Loopback });
        Start(client, server.Address);
        await TestEngine.UntilAsync(() => Status(client) is { VerifiedPieces: > 2 });

        Assert.True(AddressRange.TryParse("127.0.0.2", out AddressRange range));
        Assert.Empty(await client.ApplyAsync(
            client.Settings with { Filter = new AddressFilter(AddressRanges.Of([range]), null) }, TestContext.Current.CancellationToken));
        await TestEngine.UntilAsync(() => Status(client).WebSeeds[0].Status == WebSeedStatus.Waiting);
        int asked = server.Clients.Count;
        client.Post(new SuspendTorrent(2, _torrent.Metainfo.TorrentId));
        client.Post(new ResumeTorrent(3, _torrent.Metainfo.TorrentId));
        await TestEngine.UntilAsync(() => Status(client).WebSeeds[0] is { Status: WebSeedStatus.Waiting, Message: { } message } && message.Contains("reached", StringComparison.Ordinal));

        Assert.Equal(asked, server.Clients.Count);
        Assert.True(client.GetClientStatus().FilteredConnections > 0);
    }

    [Fact]
    public async Task A_web_seed_with_an_untrusted_certificate_is_refused()
    {
        await using var server = new LoopbackWebServer(_torrent.Data, isSecure: true);
        await using var client = new TorrentClient(Settings with { BindAddress = IPAddress.Loopback });
        Start(client, server.Address);
        await TestEngine.UntilAsync(() => Status(client) is { WebSeeds: [{ Message: not null }] });

        Assert.Contains("certificate", Status(client).WebSeeds[0].Message, StringComparison.Ordinal);
        Assert.Empty(server.Clients);
    }

    private static ClientSettings Settings => new() { DiskThreads = 1, StatusInterval = TimeSpan.FromSeconds(1) };

    private TorrentStatus Status(TorrentClient client) => client.GetStatus(_torrent.Metainfo.TorrentId) ?? new TorrentStatus
    {
        Name = "", InfoHash = "", State = TorrentState.Stopped, Destination = "", Path = "",
    };

    private void Start(TorrentClient client, Uri seed) => client.Post(
        new CreateNewTorrent(1, _torrent.Metainfo, _folder.Path) { ResumeStore = new MemoryResumeStore(), WebSeeds = [seed] });
}
