namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>How tests wait: for a condition, for at most a minute and a half, and never for a time.</summary>
internal static class Patience
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>A token that is cancelled with the test, or when patience is at its end.</summary>
    public static CancellationTokenSource Begin()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(Most);
        return source;
    }

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">Asked again and again.</param>
    /// <param name="what">What is waited for, for the message of a failure.</param>
    /// <param name="tell">How things stood, for the message of a failure.</param>
    public static async Task UntilAsync(Func<CancellationToken, Task<bool>> condition, string what, Func<string> tell)
    {
        using CancellationTokenSource patience = Begin();
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
