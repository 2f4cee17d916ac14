using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The handshake: the first 68 bytes.</summary>
internal sealed class HandshakeTarget : IFuzzTarget
{
    public string Name => "handshake";

    public IMutator Mutator { get; } = new ByteMutator([Sample()]);

    public long AllowedBytes(int length) => 16 * 1024 + length;

    public bool Run(byte[] input)
    {
        if (!Handshake.TryRead(input, out Handshake handshake))
            return false;
        byte[] written = new byte[Handshake.Length];
        handshake.Write(written);
        Property.Holds(Handshake.TryRead(written, out Handshake again) && again == handshake, "a written value can be read again");
        Property.Same(input.AsSpan(28, 40), written.AsSpan(28), "hash and id equal those that were read");
        Property.IsHarmless(handshake.PeerId.ToString(), "a peer id");
        return true;
    }

    private static byte[] Sample()
    {
        byte[] bytes = new byte[Handshake.Length];
        new Handshake(new InfoHash(new byte[20]), PeerId.Create(new Random(1)), true, true, true).Write(bytes);
        return bytes;
    }
}
