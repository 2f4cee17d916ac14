namespace TorrentPatron.Engine.Client;

/// <summary>How a torrent reuses data that is already on this machine.</summary>
public enum ReuseMethod
{
    /// <summary>Copies it. On file systems with reflinks, the copy shares disk space until either file is written.</summary>
    Copy,

    /// <summary>
    /// Gives a complete file a second name (a hard link), which takes no space. A change made through one name shows under the
    /// other. TorrentPatron never writes to such a file; it writes to a copy in its place. If a file cannot be linked, it is
    /// copied.
    /// </summary>
    HardLink,
}
