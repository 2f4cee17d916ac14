namespace TorrentPatron.Protocol.Trackers;

/// <summary>An announce failed: the tracker refused it, could not be reached, or answered what no tracker would.</summary>
/// <remarks>The message is a sentence fit to be shown to a person, free of control characters.</remarks>
public sealed class TrackerFailureException : Exception
{
    /// <summary>Says why the announce failed.</summary>
    /// <param name="message">The reason; anything in it that came from outside must have been cleaned before.</param>
    /// <param name="innerException">What lies behind it, if anything does.</param>
    public TrackerFailureException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
