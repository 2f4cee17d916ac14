using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.Engine.Tests.Transport;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Somebody sets the clock, back or forward: what takes its time takes as long as before.</summary>
public sealed class ClockTests
{
    private const int Piece = 32 * 1024;

    private readonly MemoryNetwork _network = new();
    private readonly SettableClock _clock = new();

    [Theory]
    [InlineData(-2)]
    [InlineData(24)]
    public async Task A_peer_is_dialled_again_in_time(int hours)
    {
        await using var engine = new TestEngine(_network, time: _clock);
        IPEndPoint absent = _network.NewEndPoint(IPAddress.Parse("10.0.0.99"));
        await engine.StartAsync(new SwarmTorrent(81, Piece, 2 * Piece), absent);
        await UntilAsync(() => _network.Refused > 0);

        _clock.Set(TimeSpan.FromHours(hours));
        Channel<MemoryConnection> present = _network.Listen(absent);

        await UntilAsync(() => present.Reader.TryRead(out _));
    }

    /// <summary>Lets time pass, a quarter of an hour at most: less than the clock was set.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        var begun = Instant.Now(_clock);
        await TestEngine.UntilAsync(() =>
        {
            Assert.True(Instant.Now(_clock) - begun < TimeSpan.FromMinutes(15), "It takes too long.");
            _clock.Advance(TimeSpan.FromSeconds(1));
            return condition();
        });
    }
}
