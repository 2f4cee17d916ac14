using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Extension handshakes (BEP 10).</summary>
internal sealed class ExtensionHandshakeTarget : IFuzzTarget
{
    public string Name => "extension-handshake";

    public IMutator Mutator { get; } = new BencodeMutator(
        [
            "d1:md11:ut_metadatai1e6:ut_pexi2ee13:metadata_sizei31235e1:pi6881e4:reqqi250e11:upload_onlyi1e1:v14:libtorrent 1.2e"u8.ToArray(),
            "d1:ei0e4:ipv44:abcd4:ipv616:abcdefghijklmnop1:md11:lt_donthavei7ee4:reqqi2000e6:yourip4:abcde"u8.ToArray(),
        ]);

    public long AllowedBytes(int length) => 128 * 1024 + (100L * length);

    public bool Run(byte[] input)
    {
        if (!ExtensionHandshake.TryRead(input, out ExtensionHandshake? handshake))
            return false;
        Property.IsHarmless(handshake.Client, "a client's name");
        Property.Holds(handshake.RequestQueue is null or (>= 1 and <= 2000), "the queue length is in bounds");
        Property.Holds(handshake.ListenPort is null or (>= 1 and <= 65535), "the port is valid");
        Property.Holds(handshake.MetadataSize is null or (>= 1 and <= 30 << 20), "the metadata's size is in bounds");
        Property.Holds(handshake.Extensions.Count <= 64, "extensions are bounded");
        foreach (string name in handshake.Extensions.Keys)
            Property.Holds(name.Length <= 64, "an extension's name is short");

        ExtensionHandshake plain = handshake with { Extensions = Ascii(handshake.Extensions) };
        Property.Holds(ExtensionHandshake.TryRead(plain.ToBytes(), out ExtensionHandshake? again), "a written value can be read again");
        Property.Holds(
            again! with { Extensions = plain.Extensions } == plain && again.Extensions.OrderBy(e => e.Key, StringComparer.Ordinal)
                .SequenceEqual(plain.Extensions.OrderBy(e => e.Key, StringComparer.Ordinal)),
            "the value read again is the same");
        return true;
    }

    private static Dictionary<string, byte> Ascii(IReadOnlyDictionary<string, byte> extensions) =>
        extensions.Where(e => e.Key.All(char.IsAscii)).ToDictionary();
}
