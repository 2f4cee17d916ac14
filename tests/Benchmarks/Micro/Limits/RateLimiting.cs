using BenchmarkDotNet.Attributes;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.Benchmarks.Micro.Limits;

/// <summary>What a run of bytes costs at the limits: where there is none, where there is room, and where it must wait.</summary>
public class RateLimiting
{
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly RateMeter _meter = new(0);
    private RateLimiterPair _unlimited;
    private RateLimiterPair _roomy;
    private RateLimiter _tight;

    [GlobalSetup]
    public void MakeLimiters()
    {
        _unlimited = new RateLimiterPair(new RateLimiter(_time, 0), new RateLimiter(_time, 0));
        _roomy = new RateLimiterPair(new RateLimiter(_time, long.MaxValue / 2), new RateLimiter(_time, long.MaxValue / 2));
        _tight = new RateLimiter(_time, 16 * 1024);
    }

    [Benchmark(Baseline = true)]
    public ValueTask WithoutALimit() => _unlimited.AcquireAsync(16 * 1024, _cancellation.Token);

    [Benchmark]
    public ValueTask WithinLimit() => _roomy.AcquireAsync(16 * 1024, _cancellation.Token);

    /// <summary>The first leaves a debt that the second waits for; then the bucket fills again.</summary>
    [Benchmark]
    public async Task TwoCallersOneWaiting()
    {
        await _tight.AcquireAsync(16 * 1024, _cancellation.Token);
        ValueTask second = _tight.AcquireAsync(16 * 1024, _cancellation.Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        await second;
        _time.Advance(TimeSpan.FromSeconds(3));
    }

    [Benchmark]
    public void Metered() => _meter.Add(16 * 1024);
}
