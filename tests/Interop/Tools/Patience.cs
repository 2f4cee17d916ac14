namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>Waits for conditions, never for a fixed time; by default 90 s at most.</summary>
internal static class Patience
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest time for a client to join a DHT: Transmission is slow.</summary>
    public static TimeSpan OfDht { get; } = TimeSpan.FromMinutes(3);

    /// <summary>A token that is cancelled with the test or after the longest wait.</summary>
    /// <param name="most">The longest wait; null: 90 s.</param>
    public static CancellationTokenSource Begin(TimeSpan? most = null)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(most ?? Most);
        return source;
    }

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">The condition, checked repeatedly.</param>
    /// <param name="what">The condition in words, for the message of a failure.</param>
    /// <param name="tell">The state at the end, for the message of a failure.</param>
    /// <param name="most">The longest wait; null: 90 s.</param>
    public static async Task UntilAsync(
        Func<CancellationToken, Task<bool>> condition, string what, Func<string> tell, TimeSpan? most = null)
    {
        using CancellationTokenSource patience = Begin(most);
        try
        {
            while (!await condition(patience.Token))
                await Task.Delay(Look, patience.Token);
        }
        catch (OperationCanceledException)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Assert.Fail($"Timed out waiting until {what}.\n{tell()}");
        }
    }
}
