namespace TorrentPatron.Engine.Client;

/// <summary>How a torrent became complete.</summary>
public enum CompletionReason
{
    /// <summary>The last missing piece arrived in this run.</summary>
    Downloaded,

    /// <summary>Its resume data showed that it was complete when it was started.</summary>
    AlreadyOnDisk,

    /// <summary>A check found every wanted piece on disk.</summary>
    Rechecked,
}
