using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class SignatureVerifierTests : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _otherKey = RSA.Create(2048);

    public void Dispose()
    {
        _key.Dispose();
        _otherKey.Dispose();
    }

    [Fact]
    public void A_torrent_that_is_signed_by_the_key_of_the_older_ones_certificate_is_valid() => Assert.All(["", "d1:xi1ee"], ownInfo =>
    {
        TorrentMetainfo older = Read(Info("old", Certificate(_key)));

        Assert.Equal(TorrentSignature.Valid, SignatureVerifier.Verify(Signed(Info("new"), _key, ownInfo), older));
    });

    [Fact]
    public void A_signature_by_another_key_or_of_another_torrent_is_invalid()
    {
        TorrentMetainfo older = Read(Info("old", Certificate(_key)));
        byte[] ofAnother = Sign(Info("another"), _key);

        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(Signed(Info("new"), _otherKey, ""), older));
        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(Read(Info("new"), Signer("a", ofAnother, "")), older));
        // The signature's own info dictionary is signed too.
        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(Read(Info("new"), Signer("a", Sign(Info("new"), _key), "d1:xi1ee")), older));
    }

    [Fact]
    public void One_valid_signature_among_others_is_enough_and_only_sixteen_are_tried()
    {
        TorrentMetainfo older = Read(Info("old", Certificate(_key)));
        byte[] info = Info("new");
        byte[] good = Signer("z", Sign(info, _key), "");
        byte[][] bad = [.. Enumerable.Range(0, 16).Select(index => Signer($"a{index:00}", Sign(info, _otherKey), ""))];

        Assert.Equal(TorrentSignature.Valid, SignatureVerifier.Verify(Read(info, [.. bad.Take(15), good]), older));
        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(Read(info, [.. bad, good]), older));
    }

    [Fact]
    public void A_torrent_without_a_signature_is_distinguished_from_one_that_cannot_be_signed()
    {
        TorrentMetainfo newer = Read(Info("new"));

        Assert.Equal(TorrentSignature.Missing, SignatureVerifier.Verify(newer, Read(Info("old", Certificate(_key)))));
        Assert.Equal(TorrentSignature.NoOriginator, SignatureVerifier.Verify(Signed(Info("new"), _key, ""), Read(Info("old"))));
    }

    [Fact]
    public void The_certificate_in_the_newer_torrent_itself_does_not_count()
    {
        TorrentMetainfo older = Read(Info("old", Certificate(_key)));
        byte[] info = Info("new", Certificate(_otherKey));

        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(Signed(info, _otherKey, ""), older));
    }

    [Fact]
    public void An_invalid_certificate_or_signature_verifies_nothing()
    {
        using var elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] ellipticCertificate = new CertificateRequest("CN=e", elliptic, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1)).Export(X509ContentType.Cert);
        TorrentMetainfo signed = Signed(Info("new"), _key, "");

        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(signed, Read(Info("old", ellipticCertificate))));
        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(signed, Read(Info("old", "no certificate"u8.ToArray()))));

        TorrentMetainfo older = Read(Info("old", Certificate(_key)));
        byte[][] odd = ["1:ai1e"u8.ToArray(), "1:bd9:signaturei1ee"u8.ToArray(), Signer("c", [], ""), Signer("d", new byte[5000], "")];
        Assert.Equal(TorrentSignature.Invalid, SignatureVerifier.Verify(Read(Info("new"), odd), older));
        Assert.Equal(TorrentSignature.Missing, SignatureVerifier.Verify(Read(Info("new"), []), older));
    }

    private static byte[] Certificate(RSA key)
    {
        using X509Certificate2 made = new CertificateRequest("CN=com.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        return made.Export(X509ContentType.Cert);
    }

    private static byte[] Info(string name, byte[]? originator = null) =>
    [
        .. Encoding.ASCII.GetBytes($"d6:lengthi3e4:name{name.Length}:{name}"),
        .. originator is null ? [] : (byte[])[.. Encoding.ASCII.GetBytes($"10:originator{originator.Length}:"), .. originator],
        .. Encoding.ASCII.GetBytes("12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhhe"),
    ];

#pragma warning disable CA5350 // BEP 35 signs with SHA-1.
    private static byte[] Sign(byte[] data, RSA key) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);
#pragma warning restore CA5350

    private static byte[] Signer(string name, byte[] signature, string ownInfo) =>
    [
        .. Encoding.ASCII.GetBytes($"{name.Length}:{name}d{(ownInfo.Length == 0 ? "" : "4:info")}{ownInfo}9:signature{signature.Length}:"),
        .. signature, (byte)'e',
    ];

    private static TorrentMetainfo Signed(byte[] info, RSA key, string ownInfo) =>
        Read(info, Signer("com.example", Sign([.. info, .. Encoding.ASCII.GetBytes(ownInfo)], key), ownInfo));

    private static TorrentMetainfo Read(byte[] info, params byte[][] signers) => MetainfoReader.Read((byte[])
    [
        .. "d4:info"u8, .. info, .. signers.Length == 0 ? [] : (byte[])[.. "10:signaturesd"u8, .. signers.SelectMany(signer => signer), (byte)'e'], (byte)'e',
    ]);
}
