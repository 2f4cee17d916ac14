using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Filters;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>TCP and uTP on one line: TCP leaves uTP its share.</summary>
public sealed class MixedModeScenarios
{
    private const int Piece = 64 * 1024;
    private const long Line = 400_000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_seed_whose_line_is_full_of_TCP_gives_uTP_its_share_and_still_uses_the_whole_line()
    {
        // The share of one run depends on which packets happen to be lost first, so it is the mean of several starts.
        var shares = new List<double>();
        foreach (double lead in (double[])[0.5, 1, 1.5, 2])
        {
            (double tcp, double utp) = await ShareAsync(
                isInternet: true, fromSeed: true, TransportPolicy.Tcp, TransportPolicy.Utp, lead: TimeSpan.FromSeconds(lead));
            Assert.InRange(tcp + utp, 0.85 * Line, 1.05 * Line);
            shares.Add(utp);
        }

        Assert.InRange(shares.Average(), 0.25 * Line, 0.7 * Line);
    }

    [Fact]
    public async Task A_download_whose_line_is_full_of_TCP_gives_uTP_its_share_and_still_uses_the_whole_line()
    {
        (double tcp, double utp) = await ShareAsync(isInternet: true, fromSeed: false, TransportPolicy.Tcp, TransportPolicy.Utp);
        Assert.InRange(utp, 0.2 * Line, 0.7 * Line);
        Assert.InRange(tcp + utp, 0.8 * Line, 1.05 * Line);
    }

    [Fact]
    public async Task Without_mixed_mode_TCP_starves_uTP()
    {
        // Peers in our local network are not bounded.
        (double tcp, double utp) = await ShareAsync(isInternet: false, fromSeed: true, TransportPolicy.Tcp, TransportPolicy.Utp);
        Assert.InRange(utp, 0, 0.15 * Line);
        Assert.InRange(tcp, 0.8 * Line, 1.05 * Line);
    }

    [Fact]
    public async Task TCP_alone_is_not_slowed_down()
    {
        (double one, double other) = await ShareAsync(isInternet: true, fromSeed: true, TransportPolicy.Tcp, TransportPolicy.Tcp);
        Assert.InRange(one + other, 0.9 * Line, 1.05 * Line);
    }

    [Fact]
    public async Task UTP_behind_its_own_slow_line_does_not_slow_TCP_down()
    {
        (double tcp, double utp) = await ShareAsync(isInternet: true, fromSeed: true, TransportPolicy.Tcp, TransportPolicy.Utp, slow: 20_000);
        Assert.InRange(utp, 5_000, 21_000);
        Assert.InRange(tcp + utp, 0.85 * Line, 1.05 * Line);
    }

    /// <summary>An engine on a line exchanges a torrent with two others, with one protocol for each.</summary>
    /// <param name="isInternet">Whether they are on the internet rather than in one local network.</param>
    /// <param name="fromSeed">Whether the engine on the line seeds for the two; otherwise it downloads from both.</param>
    /// <param name="first">The first one's protocol.</param>
    /// <param name="second">The second one's protocol.</param>
    /// <param name="slow">Rate of the second one's own line in bytes/s; 0 means no limit.</param>
    /// <param name="lead">How much earlier the second one starts, if the engine seeds; null means a second.</param>
    /// <returns>Rates to or from each of the two in the last minute, bytes/s.</returns>
    private static async Task<(double First, double Second)> ShareAsync(
        bool isInternet, bool fromSeed, TransportPolicy first, TransportPolicy second, long slow = 0, TimeSpan? lead = null)
    {
        (double, double) rates = default;
        await World.RunAsync(seed: 1, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 900 * Piece);
            SimulatedHost Join(byte number, long up = 0, long down = 0) => isInternet
                ? world.Network.Join(new IPAddress([81, 2, 69, number]), TimeSpan.FromMilliseconds(15), up, down)
                : world.Network.Join(TimeSpan.FromMilliseconds(15), up, down);
            await using var ours = new Node(world, 1, Join(1, up: fromSeed ? Line : 0, down: fromSeed ? 0 : Line));
            await using Node one = Make(2, first, 0), other = Make(3, second, slow);
            if (fromSeed)
            {
                await ours.SeedAsync(torrent);
                // Room for its first packets.
                await other.StartAsync(torrent, ours.EndPoint);
                await world.PassAsync(lead ?? TimeSpan.FromSeconds(1));
                await one.StartAsync(torrent, ours.EndPoint);
            }
            else
            {
                await one.SeedAsync(torrent);
                await other.SeedAsync(torrent);
                await ours.StartAsync(torrent, one.EndPoint, other.EndPoint);
            }

            await world.PassAsync(Settling);
            (long oneBefore, long otherBefore) = (Moved(one), Moved(other));
            await world.PassAsync(Measuring);
            rates = ((Moved(one) - oneBefore) / Measuring.TotalSeconds, (Moved(other) - otherBefore) / Measuring.TotalSeconds);
            TestContext.Current.TestOutputHelper?.WriteLine($"{first}: {rates.Item1:N0}, {second}: {rates.Item2:N0} bytes/s");

            Node Make(byte number, TransportPolicy transport, long down)
            {
                Assert.True(AddressRange.TryParse(ours.Host.Address.ToString(), out AddressRange range));
                return new Node(world, number, Join(number, down: down), settings: settings => settings with
                {
                    Transport = transport,
                    Filter = new AddressFilter(null, AddressRanges.Of([range])),
                });
            }

            long Moved(Node node) => node.Status(torrent) is var status && fromSeed ? status.BytesReceived : node.Status(torrent).BytesSent;
        });
        return rates;
    }
}
