namespace TorrentPatron.Engine.WebSeeds;

/// <summary>A web seed has not given what it was asked for.</summary>
/// <param name="message">What happened: a sentence, fit to be shown.</param>
/// <param name="fault">What that says about the web seed.</param>
/// <param name="retryAfter">How long it asks to be left alone; null: it does not say.</param>
/// <param name="inner">Why.</param>
internal sealed class WebSeedException(string message, WebSeedFault fault, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What that says about the web seed.</summary>
    public WebSeedFault Fault => fault;

    /// <summary>How long it asks to be left alone; null: it does not say.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
