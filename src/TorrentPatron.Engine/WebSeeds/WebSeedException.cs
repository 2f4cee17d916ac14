namespace TorrentPatron.Engine.WebSeeds;

/// <summary>Thrown when a web seed does not supply what was requested.</summary>
/// <param name="message">What happened: a sentence, safe to show.</param>
/// <param name="fault">What the failure says about the web seed.</param>
/// <param name="retryAfter">The delay that it asks for; null if it does not.</param>
/// <param name="inner">The cause.</param>
internal sealed class WebSeedException(string message, WebSeedFault fault, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What the failure says about the web seed.</summary>
    public WebSeedFault Fault => fault;

    /// <summary>The delay that it asks for; null if it does not.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
