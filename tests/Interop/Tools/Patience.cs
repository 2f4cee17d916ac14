namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>How tests wait: for a condition, for at most a minute and a half where nothing else is said, and never for a time.</summary>
internal static class Patience
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>How long others may take to get into a DHT: Transmission does so at its leisure.</summary>
    public static TimeSpan OfDht { get; } = TimeSpan.FromMinutes(3);

    /// <summary>A token that is cancelled with the test, or when patience is at its end.</summary>
    /// <param name="most">How much patience there is; null: a minute and a half.</param>
    public static CancellationTokenSource Begin(TimeSpan? most = null)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(most ?? Most);
        return source;
    }

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">Asked again and again.</param>
    /// <param name="what">The condition in words, for the message of a failure.</param>
    /// <param name="tell">How things stood, for the message of a failure.</param>
    /// <param name="most">How much patience there is; null: a minute and a half.</param>
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
            Assert.Fail($"Waited in vain until {what}.\n{tell()}");
        }
    }
}
