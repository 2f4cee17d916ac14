namespace TorrentPatron.Protocol.Wire;

/// <summary>Information about a peer in peer exchange (BEP 11).</summary>
[Flags]
public enum PexFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It prefers encrypted connections.</summary>
    PrefersEncryption = 0x01,

    /// <summary>It is complete, or upload-only (BEP 21).</summary>
    UploadOnly = 0x02,

    /// <summary>It supports uTP (BEP 29).</summary>
    SupportsUtp = 0x04,

    /// <summary>It can be reached with the help of a common peer (BEP 55).</summary>
    SupportsHolepunch = 0x08,

    /// <summary>It was dialled, so it can be reached.</summary>
    Reachable = 0x10,
}
