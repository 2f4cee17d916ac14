namespace TorrentPatron.Engine.Client;

/// <summary>How a torrent came to be complete.</summary>
public enum CompletionReason
{
    /// <summary>The last missing piece arrived in this run.</summary>
    Downloaded,

    /// <summary>It was complete when it was started, by its resume data.</summary>
    AlreadyOnDisk,

    /// <summary>Hashing what is on disk found every wanted piece.</summary>
    Rechecked,
}
