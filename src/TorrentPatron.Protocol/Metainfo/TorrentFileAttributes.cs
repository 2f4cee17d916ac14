namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The attributes of a file in a torrent (BEP 47).</summary>
[Flags]
public enum TorrentFileAttributes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Padding: zeros that are not written (<c>p</c>).</summary>
    Padding = 1,

    /// <summary>Executable (<c>x</c>).</summary>
    Executable = 2,

    /// <summary>Hidden (<c>h</c>).</summary>
    Hidden = 4,

    /// <summary>A symbolic link to a file or folder of the torrent (<c>l</c>).</summary>
    SymbolicLink = 8,
}
