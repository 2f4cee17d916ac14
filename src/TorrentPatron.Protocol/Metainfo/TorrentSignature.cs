namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The result of verifying a newer torrent's signatures (BEP 35) with the certificate in the older one (BEP 39).</summary>
public enum TorrentSignature
{
    /// <summary>The older torrent has no certificate, so nothing can be verified: the server alone decides what the newer torrent is.</summary>
    NoOriginator = 0,

    /// <summary>The older torrent has a certificate, but the newer one is not signed.</summary>
    Missing = 1,

    /// <summary>The newer torrent is signed, but not with the key of the certificate.</summary>
    Invalid = 2,

    /// <summary>The newer torrent is signed with the key of the certificate.</summary>
    Valid = 3,
}
