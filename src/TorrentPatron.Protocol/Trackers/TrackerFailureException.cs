namespace TorrentPatron.Protocol.Trackers;

/// <summary>Thrown when an announce fails: the tracker refused it, could not be reached, or sent an invalid answer.</summary>
/// <remarks>The message is a sentence that is safe to show, without control characters.</remarks>
public sealed class TrackerFailureException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The reason; anything in it from outside must have been cleaned before.</param>
    /// <param name="innerException">The cause, if any.</param>
    public TrackerFailureException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
