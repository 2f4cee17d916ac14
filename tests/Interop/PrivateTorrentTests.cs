using System.Net;
using System.Text;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Interop.Tests;

/// <summary>The network traffic of a private torrent, whose peers come only from its tracker (BEP 27).</summary>
public sealed class PrivateTorrentTests
{
    [Fact]
    public Task It_is_not_announced_by_the_DHT_local_discovery_or_peer_exchange() => IsolatedNetwork.RunAsync(async () =>
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        string secret = swarm.Workspace.File("private.torrent");
        await TorrentTools.MakeAsync(TorrentTool.Ours, swarm.Content, secret, isPrivate: true);
        TorrentId hidden = OurPeer.Read(secret).TorrentId;
        TorrentId open = OurPeer.Read(swarm.Torrent).TorrentId;
        string exchange = Hex(PexMessage.ExtensionName);
        await using DhtCrowd crowd = await DhtCrowd.StartAsync(8, i => IsolatedNetwork.Address(i + 1));
        await using ToolProcess tap = ToolProcess.Start(
            Tool.Require("python3"), Tool.Script("wiretap.py"), $"{hidden}", Hex($"{hidden}"), $"{open}", Hex($"{open}"), exchange);
        await Patience.UntilAsync(_ => Task.FromResult(tap.Said("listening")), "the capture is listening", tap.Tell);

        // Two of our peers and one libtorrent, which search for peers in every possible way; the third knows only the second.
        var discovery = new TrackerlessDiscovery(crowd.Nodes[3], PeerExchange: true, LocalDiscovery: true);
        await using var first = new OurPeer(swarm.Workspace, IsolatedNetwork.Address(31), discovery, "state of the first");
        await first.WaitUntilSeedingAsync(await first.StartAsync(secret, swarm.SeedFolder));
        await using ForeignPeer second = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, secret, swarm.Workspace["second"], swarm.Workspace, IsolatedNetwork.Address(32), discovery, first.EndPoint);
        await using var third = new OurPeer(swarm.Workspace, IsolatedNetwork.Address(33), discovery, "state of the third");
        await third.WaitUntilSeedingAsync(await third.StartAsync(secret, swarm.DownloadFolder, second.EndPoint));
        // The same with a torrent that is not private: they find each other, so there was enough time, and the capture works.
        await first.WaitUntilSeedingAsync(await first.StartAsync(swarm.Torrent, swarm.SeedFolder));
        await third.WaitUntilSeedingAsync(await third.StartAsync(swarm.Torrent, swarm.Workspace["open, third"]));
        await Patience.UntilAsync(
            _ => Task.FromResult(Heard("udp", $"{open}").Length > 0 && Heard("udp", Hex($"{open}")).Length > 0 && Heard("tcp", exchange).Length > 0),
            "the public torrent has been announced", tap.Tell);

        Assert.Empty(Heard("udp", $"{hidden}"));
        Assert.Empty(Heard("udp", Hex($"{hidden}")));
        (string Source, string Target)[] connections = Heard("tcp", $"{hidden}");
        Assert.NotEmpty(connections);
        Assert.DoesNotContain(connections, ends => IsOurs(ends.Source) && IsOurs(ends.Target));
        Assert.Empty(Heard("tcp", exchange).Where(ends => IsOurs(ends.Source)).Intersect(connections));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"Private: {connections.Length / 2} connections, 0 datagrams. Open: {Heard("udp", $"{open}").Length} ways of DHT questions, "
            + $"{Heard("udp", Hex($"{open}")).Length} of local calls, {Heard("tcp", exchange).Length} ways on which peer exchange was offered.");

        (string Source, string Target)[] Heard(string protocol, string what) =>
        [
            .. tap.Lines.Select(line => line.Split(' ')).Where(words => words.Length == 4 && words[0] == protocol && words[3] == what)
                .Select(words => (words[1], words[2])),
        ];

        static bool IsOurs(string endPoint) =>
            IPEndPoint.Parse(endPoint).Address is var address && (address.Equals(IsolatedNetwork.Address(31)) || address.Equals(IsolatedNetwork.Address(33)));
    });

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));
}
