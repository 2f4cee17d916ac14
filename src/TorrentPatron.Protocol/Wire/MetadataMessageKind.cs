namespace TorrentPatron.Protocol.Wire;

/// <summary>The kinds of metadata message (BEP 9). Others are to be ignored.</summary>
public enum MetadataMessageKind
{
    /// <summary>Requests a piece of the metadata.</summary>
    Request = 0,

    /// <summary>A piece of the metadata.</summary>
    Data = 1,

    /// <summary>A request will not be served.</summary>
    Reject = 2,
}
