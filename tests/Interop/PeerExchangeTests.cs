using System.Diagnostics;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>Peers that find each other by peer exchange.</summary>
public sealed class PeerExchangeTests
{
    private const int Size = 4 << 20;

    /// <summary>Slow enough that no peer completes and leaves before all have connected.</summary>
    private const int Slow = 8 * 1024;

    private static readonly TrackerlessDiscovery Asking = new(PeerExchange: true);

    [Fact]
    public Task A_seed_and_six_peers_that_each_know_one_other_all_connect() => IsolatedNetwork.RunAsync(async () =>
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.WriteFile(below, Size));
        int last = 0;
        IPAddress NextAddress() => IsolatedNetwork.Address(++last);
        Task<ForeignPeer> TheirsAsync(PeerKind kind, params IPEndPoint[] peers) => ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.Workspace[$"peer {last + 1}"], swarm.Workspace, NextAddress(), Asking, peers);

        // The seed knows Transmission, which cannot be given peers; each of the others knows one peer before it.
        await using ForeignPeer transmission = await TheirsAsync(PeerKind.Transmission);
        await transmission.WaitUntilListeningAsync();
        await using var seed = new OurPeer(swarm.Workspace, NextAddress(), name: "seed's state");
        TorrentId torrent = await seed.StartAsync(swarm.Torrent, new StartRequest
        {
            Destination = swarm.SeedFolder,
            Peers = [transmission.EndPoint],
            Options = new TorrentOptions { MaxUploadRate = Slow },
        });
        await seed.WaitUntilSeedingAsync(torrent);
        await using ForeignPeer third = await TheirsAsync(PeerKind.Libtorrent, seed.EndPoint);
        await using OurPeer fourth = await OursAsync(third.EndPoint);
        await using OurPeer fifth = await OursAsync(fourth.EndPoint);
        await using ForeignPeer sixth = await TheirsAsync(PeerKind.Libtorrent, fifth.EndPoint);
        await using OurPeer seventh = await OursAsync(sixth.EndPoint);

        var clock = Stopwatch.StartNew();
        OurPeer[] ours = [seed, fourth, fifth, seventh];
        await Patience.UntilAsync(
            _ => Task.FromResult(Array.TrueForAll(ours, peer => Met(peer) == 6)), "all peers are connected to each other",
            () => string.Join('\n', ours.Select(peer => string.Join(' ', peer.PeersOf(torrent)))), TimeSpan.FromMinutes(4));
        string[] ways =
        [
            .. ours.SelectMany(peer => peer.PeersOf(torrent)).GroupBy(peer => peer.Source).Select(way => $"{way.Key} {way.Count()}"),
        ];
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"All had met after {clock.Elapsed.TotalSeconds:F0} s; connections of ours by how they were found: {string.Join(", ", ways)}");

        await seed.SetAsync(torrent, new TorrentOptions { MaxUploadRate = 0 });
        foreach (OurPeer peer in ours)
            await peer.WaitUntilSeedingAsync(torrent);
        foreach (ForeignPeer peer in (ForeignPeer[])[transmission, third, sixth])
            await peer.WaitUntilSeedingAsync();

        async Task<OurPeer> OursAsync(IPEndPoint knows)
        {
            string folder = swarm.Workspace[$"peer {last + 1}"];
            var peer = new OurPeer(swarm.Workspace, NextAddress(), name: $"state {last}");
            await peer.StartAsync(swarm.Torrent, folder, knows);
            return peer;
        }

        int Met(OurPeer peer) => peer.PeersOf(torrent).Select(other => other.EndPoint.Address).Distinct().Count();
    });
}
