using System.Net;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>Networks of our nodes in which some nodes have left and some lie.</summary>
public sealed class DhtSimulationTests(ITestOutputHelper output)
{
    private const int Size = 500;
    private const int Searches = 100;

    [Fact]
    public void In_a_network_of_500_every_search_finds_the_peer()
    {
        SearchResults figures = Simulate(seed: 1, silent: 0, lying: 0, loss: 0);
        Assert.Equal(Searches, figures.Successes);
        Assert.InRange(figures.MedianHops, 1, 4);
    }

    [Fact]
    public void With_a_fifth_of_the_nodes_silent_and_a_tenth_lying_searches_still_find_the_peer()
    {
        SearchResults figures = Simulate(seed: 2, silent: 0.2, lying: 0.1, loss: 0.02);
        Assert.InRange(figures.Successes, Searches * 95 / 100, Searches);
        Assert.InRange(figures.MedianHops, 1, 5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_network() =>
        Assert.Equal(Simulate(seed: 3, silent: 0.2, lying: 0.1, loss: 0.02, size: 60), Simulate(seed: 3, silent: 0.2, lying: 0.1, loss: 0.02, size: 60));

    private SearchResults Simulate(int seed, double silent, double lying, double loss, int size = Size)
    {
        var network = new DhtNetwork(seed);
        network.Datagrams.Loss = loss;
        var honest = new List<DhtNetwork.Member>();
        var liars = new List<LyingNode>();
        for (int i = 0; i < size; i++)
        {
            if (i % 10 >= 10 - 10 * lying)
            {
                LyingNode liar = network.AddLiar(DhtNetwork.Home);
                liars.Add(liar);
                foreach (DhtNetwork.Member member in honest.Take(20))
                    liar.Greet(member.EndPoint);
            }
            else
            {
                honest.Add(network.Add(DhtNetwork.Home, [.. honest.Take(2).Select(member => member.EndPoint)]));
                honest[^1].Start();
            }

            network.Datagrams.Advance(TimeSpan.FromMilliseconds(200));
        }

        network.Datagrams.Advance(TimeSpan.FromMinutes(10));
        // Nodes that leave stay in the routing tables of others.
        DhtNetwork.Member[] gone = [.. honest.OrderBy(_ => network.Random.Next()).Take((int)(silent * size))];
        foreach (DhtNetwork.Member member in gone)
            member.Die();
        DhtNetwork.Member[] alive = [.. honest.Except(gone)];
        network.Datagrams.Advance(TimeSpan.FromMinutes(1));

        // Each torrent has one peer; a different node then searches for it.
        (InfoHash Torrent, DhtNetwork.Member Announcer, DhtNetwork.Member Seeker)[] searches =
        [
            .. Enumerable.Range(0, Searches).Select(i =>
                (InfoHash.OfInfo(BitConverter.GetBytes(i)), alive[network.Random.Next(alive.Length)], alive[network.Random.Next(alive.Length)])),
        ];
        foreach ((InfoHash torrent, DhtNetwork.Member announcer, _) in searches)
        {
            announcer.Find(torrent, isSeed: true);
            network.Datagrams.Advance(TimeSpan.FromMilliseconds(100));
        }

        network.Datagrams.Advance(TimeSpan.FromSeconds(20));
        var results = new List<DhtTorrent>();
        var waits = new List<int>();
        foreach ((InfoHash torrent, DhtNetwork.Member announcer, DhtNetwork.Member seeker) in searches)
        {
            DateTimeOffset since = network.Datagrams.GetUtcNow();
            bool isFound = false;
            results.Add(seeker.Node.Find(torrent, () => false, (peers, _) =>
            {
                if (isFound || !peers.Contains(announcer.EndPoint))
                    return;
                isFound = true;
                waits.Add((int)(network.Datagrams.GetUtcNow() - since).TotalMilliseconds);
            }));
            network.Datagrams.Advance(TimeSpan.FromMilliseconds(100));
        }

        network.Datagrams.Advance(TimeSpan.FromSeconds(20));
        var figures = new SearchResults(
            waits.Count,
            Median(results.Select(result => result.LastResult!.Hops)),
            Median(results.Select(result => result.LastResult!.Queries)),
            Median(waits),
            Median(results.Select(result => (int)result.LastResult!.Duration.TotalMilliseconds)),
            liars.Sum(liar => liar.Lies), network.Datagrams.Sent);
        output.WriteLine($"{size} nodes, {gone.Length} silent, {liars.Count} lying, {loss:P0} of datagrams lost: {figures}");
        return figures;
    }

    private static int Median(IEnumerable<int> values) => values.Order().ToArray() is var all && all.Length > 0 ? all[all.Length / 2] : 0;

    private sealed record SearchResults(
        int Successes, int MedianHops, int MedianQueries, int MillisecondsToPeer, int MillisecondsToEnd, long Lies, long Datagrams);
}
