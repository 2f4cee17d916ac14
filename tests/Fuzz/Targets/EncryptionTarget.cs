using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Both sides of the encrypted handshake: the first byte says which, the others are what that side receives.</summary>
internal sealed class EncryptionTarget : IFuzzTarget
{
    private const int Seed = 7;

    private static readonly InfoHash Torrent = new(new byte[InfoHash.Length]);
    private static readonly byte[] Hello = new byte[68];

    public string Name => "encryption";

    public IMutator Mutator { get; } = new ByteMutator([Record(ofResponder: false), Record(ofResponder: true)]);

    public double Share => 0.1;

    // Two exponentiations, twice, and the copies that the two ways of receiving keep.
    public long AllowedBytes(int length) => 256 * 1024 + (16L * length);

    public bool Run(byte[] input)
    {
        if (input.Length == 0)
            return false;
        bool isResponder = input[0] % 2 == 1;
        EncryptionHandshake atOnce = Make(isResponder), inParts = Make(isResponder);
        Receive(atOnce, input.AsSpan(1), int.MaxValue);
        int taken = Receive(inParts, input.AsSpan(1), 61);

        Property.Holds(atOnce.State == inParts.State, "parts come to the same end");
        if (atOnce.State != EncryptionState.Done)
        {
            Property.Holds(atOnce.State == EncryptionState.Failed || input.Length < 20_000, "nothing is waited for without end");
            return false;
        }

        Property.Holds(atOnce.Method is EncryptionMethods.Plaintext or EncryptionMethods.Rc4, "one method is agreed on");
        Property.Holds((atOnce.Incoming is not null) == (atOnce.Method == EncryptionMethods.Rc4), "the stream is encrypted where that was agreed on");
        byte[] rest = input[(1 + taken)..];
        inParts.Incoming?.Apply(rest);
        Property.Same(atOnce.Received.Span, [.. inParts.Received.Span, .. rest], "the stream is the same however it came");
        return true;
    }

    private static int Receive(EncryptionHandshake side, ReadOnlySpan<byte> bytes, int most)
    {
        int taken = 0;
        while (taken < bytes.Length && side.State == EncryptionState.Open)
        {
            int length = Math.Min(most, bytes.Length - taken);
            side.Receive(bytes.Slice(taken, length));
            side.TakeToSend();
            taken += length;
        }

        return taken;
    }

    private static EncryptionHandshake Make(bool isResponder) => isResponder
        ? new EncryptionResponder(
            name => name == ObfuscatedInfoHash.Of(Torrent) ? Torrent : null,
            offered => offered.HasFlag(EncryptionMethods.Rc4) ? EncryptionMethods.Rc4 : offered,
            new Random(Seed).NextBytes)
        : new EncryptionInitiator(Torrent, EncryptionMethods.Plaintext | EncryptionMethods.Rc4, Hello, new Random(Seed).NextBytes);

    /// <summary>What one side receives from an honest other, and some of the stream behind it.</summary>
    private static byte[] Record(bool ofResponder)
    {
        EncryptionHandshake one = Make(isResponder: false), other = Make(isResponder: true);
        List<byte> toOne = [0], toOther = [1];
        while (one.State == EncryptionState.Open || other.State == EncryptionState.Open)
        {
            Carry(one, other, toOther);
            Carry(other, one, toOne);
        }

        return [.. ofResponder ? toOther : toOne, 1, 2, 3];

        static void Carry(EncryptionHandshake from, EncryptionHandshake to, List<byte> record)
        {
            byte[] bytes = from.TakeToSend();
            record.AddRange(bytes);
            if (bytes.Length > 0)
                to.Receive(bytes);
        }
    }
}
