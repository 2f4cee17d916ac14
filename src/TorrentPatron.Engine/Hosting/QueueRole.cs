namespace TorrentPatron.Engine.Hosting;

/// <summary>The limit that a torrent in the queue counts towards.</summary>
internal enum QueueRole : byte
{
    /// <summary>None: it does not run, and does not wait to.</summary>
    None,

    /// <summary>The active downloads, including metadata downloads.</summary>
    Download,

    /// <summary>The active seeds.</summary>
    Seed,
}
