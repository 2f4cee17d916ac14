namespace TorrentPatron.Protocol.Metainfo;

/// <summary>What the signatures of a newer torrent are worth (BEP 35), by the certificate that the older one names (BEP 39).</summary>
public enum TorrentSignature
{
    /// <summary>The older torrent names no certificate, so nothing can be verified: whoever answers decides what the newer torrent is.</summary>
    NoOriginator = 0,

    /// <summary>The older torrent names a certificate, and the newer one is not signed.</summary>
    Missing = 1,

    /// <summary>The newer torrent is signed, but no signature is by the key of the certificate.</summary>
    Invalid = 2,

    /// <summary>The newer torrent is signed by the key of the certificate.</summary>
    Valid = 3,
}
