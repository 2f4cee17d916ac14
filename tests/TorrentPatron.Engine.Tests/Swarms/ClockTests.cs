using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Metadata;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Setting the clock back or forward changes no duration.</summary>
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

    [Theory]
    [InlineData(-2)]
    [InlineData(24)]
    public async Task A_download_is_stalled_after_a_minute_and_not_sooner(int hours)
    {
        await using var engine = new TestEngine(_network, time: _clock);
        var torrent = new SwarmTorrent(82, Piece, 2 * Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.StartAsync(torrent);

        _clock.Set(TimeSpan.FromHours(hours));
        _clock.Advance(TimeSpan.FromSeconds(59));
        TorrentStatus before = engine.Client.GetStatus(id)!;
        _clock.Advance(TimeSpan.FromSeconds(2));
        TorrentStatus after = engine.Client.GetStatus(id)!;

        Assert.Equal((false, true), (before.IsStalled, after.IsStalled));
        // By the current clock: the reader has no other.
        Assert.Equal(_clock.GetUtcNow() - TimeSpan.FromSeconds(61), after.LastProgressAt);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(24)]
    public async Task Seeding_time_is_elapsed_time(int hours)
    {
        await using var engine = new TestEngine(_network, time: _clock);
        var torrent = new SwarmTorrent(83, Piece, 2 * Piece);
        await engine.SeedAsync(torrent);

        _clock.Advance(TimeSpan.FromMinutes(5));
        _clock.Set(TimeSpan.FromHours(hours));
        _clock.Advance(TimeSpan.FromMinutes(5));

        TorrentStatus status = engine.Client.GetStatus(torrent.Metainfo.TorrentId)!;
        Assert.Equal(TimeSpan.FromMinutes(10), status.SeedingTime);
        Assert.Equal(_clock.GetUtcNow(), status.Timestamp);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(24)]
    public async Task Statuses_are_reported_at_their_interval(int hours)
    {
        await using var engine = new TestEngine(_network, time: _clock);
        await engine.StartAsync(new SwarmTorrent(84, Piece, 2 * Piece));
        _clock.Set(TimeSpan.FromHours(hours));
        DateTimeOffset set = _clock.GetUtcNow();

        await UntilAsync(() => engine.Messages.OfType<TorrentStatusUpdate>()
            .Count(update => (update.Status.Timestamp - set).Duration() < TimeSpan.FromMinutes(15)) > 2);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(24)]
    public async Task The_wait_for_metadata_lasts_as_long_as_requested(int hours)
    {
        await using var engine = new TestEngine(_network, time: _clock);
        await engine.StartByLinkAsync(
            MagnetDownload.NewTorrent(), command => command with { MetadataTimeout = TimeSpan.FromMinutes(10) });
        var begun = Instant.Now(_clock);
        _clock.Set(TimeSpan.FromHours(hours));

        await UntilAsync(() => engine.Messages.OfType<TorrentStatusUpdate>().Any(update => update.Status.State == TorrentState.Failed));

        Assert.True(Instant.Now(_clock) - begun > TimeSpan.FromMinutes(10));
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
