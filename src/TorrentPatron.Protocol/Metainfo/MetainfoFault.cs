namespace TorrentPatron.Protocol.Metainfo;

/// <summary>What can be wrong with a .torrent file.</summary>
public enum MetainfoFault
{
    /// <summary>It is empty.</summary>
    Empty,

    /// <summary>It is larger than <see cref="MetainfoReader.MaxFileBytes"/>, or its info dictionary than <see cref="MetainfoReader.MaxMetadataBytes"/>.</summary>
    TooLarge,

    /// <summary>It ends in the middle, as after a download that broke off.</summary>
    Truncated,

    /// <summary>It is a web page: most often a site's answer instead of the torrent.</summary>
    WebPage,

    /// <summary>It is something else.</summary>
    NotATorrent,

    /// <summary>It lacks something that every torrent has.</summary>
    MissingField,

    /// <summary>Something in it has the wrong type or is out of range.</summary>
    InvalidField,

    /// <summary>The piece hashes are not as many as the files' size asks for.</summary>
    WrongPieceCount,

    /// <summary>It has more pieces than <see cref="MetainfoReader.MaxPieces"/>.</summary>
    TooManyPieces,

    /// <summary>It is of a version that is not known here.</summary>
    UnsupportedVersion,

    /// <summary>The file tree of a v2 or hybrid torrent is not sorted, lacks a root, or has piece layers that do not hash to their roots (BEP 52).</summary>
    InvalidHashTree,

    /// <summary>The v1 half of a hybrid describes other files than its v2 half.</summary>
    HybridMismatch,
}
