namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The kinds of errors in a .torrent file.</summary>
public enum MetainfoFault
{
    /// <summary>It is empty.</summary>
    Empty,

    /// <summary>It is larger than <see cref="MetainfoReader.MaxFileBytes"/>, or its info dictionary than <see cref="MetainfoReader.MaxMetadataBytes"/>.</summary>
    TooLarge,

    /// <summary>It is truncated, as after an interrupted download.</summary>
    Truncated,

    /// <summary>It is a web page, usually a site's answer instead of the torrent.</summary>
    WebPage,

    /// <summary>It is something else.</summary>
    NotATorrent,

    /// <summary>It lacks a required field.</summary>
    MissingField,

    /// <summary>A field has the wrong type or is out of range.</summary>
    InvalidField,

    /// <summary>The number of piece hashes does not match the files' size.</summary>
    WrongPieceCount,

    /// <summary>It has more pieces than <see cref="MetainfoReader.MaxPieces"/>.</summary>
    TooManyPieces,

    /// <summary>It has an unsupported version.</summary>
    UnsupportedVersion,

    /// <summary>
    /// The file tree of a v2 or hybrid torrent is not sorted, lacks a root, or has piece layers that do not match their roots
    /// (BEP 52).
    /// </summary>
    InvalidHashTree,

    /// <summary>The v1 half of a hybrid describes different files than its v2 half.</summary>
    HybridMismatch,
}
