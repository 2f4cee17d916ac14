namespace TorrentPatron.Protocol.Metainfo;

/// <summary>What a torrent says of a file besides its length (BEP 47).</summary>
[Flags]
public enum TorrentFileAttributes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It only fills a gap with zeros and is not written (<c>p</c>).</summary>
    Padding = 1,

    /// <summary>It may be executed (<c>x</c>).</summary>
    Executable = 2,

    /// <summary>It is hidden (<c>h</c>).</summary>
    Hidden = 4,

    /// <summary>It is a symbolic link to a file or folder of the torrent (<c>l</c>).</summary>
    SymbolicLink = 8,
}
