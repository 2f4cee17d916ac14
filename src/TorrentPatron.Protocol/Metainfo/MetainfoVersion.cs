namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The format of a torrent.</summary>
public enum MetainfoVersion
{
    /// <summary>BEP 3: SHA-1 over pieces that run across files.</summary>
    V1 = 1,

    /// <summary>BEP 52: a SHA-256 tree for each file.</summary>
    V2 = 2,

    /// <summary>Both at once, for the same files.</summary>
    Hybrid = 3,
}
