namespace TorrentPatron.Engine.Client;

/// <summary>How data that is on this machine already comes to a torrent.</summary>
public enum ReuseMethod
{
    /// <summary>It is copied. Where the file system can, a copy shares the bytes on the disk until one of both is written (reflink).</summary>
    Copy,

    /// <summary>
    /// A file that is whole gets a second name (hard link), and takes no room: whoever changes it under one name later changes it under the other.
    /// TorrentPatron never writes to such a file, but to a copy in its place. What cannot be linked is copied.
    /// </summary>
    HardLink,
}
