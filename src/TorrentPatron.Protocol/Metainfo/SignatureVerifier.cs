using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Verifies torrent signatures (BEP 35): RSA with SHA-1 over the info dictionary and the signature's own one, if any.</summary>
/// <remarks>
/// Only the certificate's key counts. Its expiry and its issuer are not checked: it comes from the older torrent, which the user
/// already trusts.
/// </remarks>
public static class SignatureVerifier
{
    /// <summary>Maximum number of signatures to verify: each takes time, and anyone can add more.</summary>
    internal const int MaxSignatures = 16;

    // The torrent chooses the key; a longer one would take seconds for each signature.
    private const int MaxKeyBits = 8192;

    /// <summary>Verifies that a torrent has the same publisher as an older one.</summary>
    /// <param name="torrent">The newer torrent.</param>
    /// <param name="older">The older torrent, which contains the certificate.</param>
    public static TorrentSignature Verify(TorrentMetainfo torrent, TorrentMetainfo older)
    {
        ArgumentNullException.ThrowIfNull(torrent);
        ArgumentNullException.ThrowIfNull(older);
        if (older.Originator.IsEmpty)
            return TorrentSignature.NoOriginator;
        if (!BencodeDocument.ParsePrefix(torrent.Raw, out _).Root.TryGet("signatures"u8, out BencodeElement signatures)
            || signatures.Kind != BencodeKind.Dictionary || signatures.Count == 0)
        {
            return TorrentSignature.Missing;
        }

        using RSA? key = KeyOf(older.Originator.Span);
        if (key is null)
            return TorrentSignature.Invalid;
        int tried = 0;
        foreach (BencodeEntry signer in signatures.EnumerateDictionary())
        {
            if (++tried > MaxSignatures)
                break;
            if (signer.Value.TryGet("signature"u8, out BencodeElement signature) && signature.TryGetBytes(out ReadOnlyMemory<byte> bytes)
                && IsSignedBy(key, torrent.RawInfo.Span, InfoOf(signer.Value).Span, bytes.Span))
            {
                return TorrentSignature.Valid;
            }
        }

        return TorrentSignature.Invalid;
    }

    private static ReadOnlyMemory<byte> InfoOf(BencodeElement signer) =>
        signer.TryGet("info"u8, out BencodeElement info) && info.Kind == BencodeKind.Dictionary ? info.Raw : default;

    private static bool IsSignedBy(RSA key, ReadOnlySpan<byte> info, ReadOnlySpan<byte> ownInfo, ReadOnlySpan<byte> signature)
    {
#pragma warning disable CA5350 // BEP 35 signs with SHA-1.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(info);
        hash.AppendData(ownInfo);
        try
        {
            return key.VerifyHash(hash.GetHashAndReset(), signature, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            // The system's policy may refuse SHA-1, or the key.
            return false;
        }
    }

    private static RSA? KeyOf(ReadOnlySpan<byte> certificate)
    {
        try
        {
            using X509Certificate2 read = X509CertificateLoader.LoadCertificate(certificate);
            RSA? key = read.GetRSAPublicKey();
            if (key is null || key.KeySize <= MaxKeyBits)
                return key;
            key.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
