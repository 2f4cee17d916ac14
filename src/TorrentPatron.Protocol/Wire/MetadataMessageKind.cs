namespace TorrentPatron.Protocol.Wire;

/// <summary>The kinds of metadata message (BEP 9). There may be others, which are to be ignored.</summary>
public enum MetadataMessageKind
{
    /// <summary>Asks for a piece of the metadata.</summary>
    Request = 0,

    /// <summary>A piece of the metadata.</summary>
    Data = 1,

    /// <summary>A piece will not be given.</summary>
    Reject = 2,
}
