using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>
/// Both sides of the encrypted handshake: the first byte selects the side, the rest is its received data. Most inputs use a private key of one
/// byte, to spend the time on the handshake's states and not on exponentiations; those from <see cref="FirstLongKey"/> on use a full-length key.
/// </summary>
internal sealed class EncryptionTarget : IFuzzTarget
{
    private const int Seed = 7;

    /// <summary>Length of a private key in bytes.</summary>
    private const int KeyLength = 20;

    /// <summary>From this value of the first byte on the side has a full-length private key.</summary>
    private const byte FirstLongKey = 0xFC;

    /// <summary>Number of valid inputs with a short key for each one with a long key.</summary>
    private const int ShortKeys = 31;

    private static readonly InfoHash Torrent = new(new byte[InfoHash.Length]);
    private static readonly byte[] Hello = new byte[68];

    public string Name => "encryption";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            .. Enumerable.Repeat(Record(0), ShortKeys), .. Enumerable.Repeat(Record(1), ShortKeys), Record(FirstLongKey), Record(FirstLongKey + 1),
        ]);

    // Two exponentiations, twice, and the copies of both ways to receive.
    public long AllowedBytes(int length) => 256 * 1024 + (16L * length);

    public bool Run(byte[] input)
    {
        if (input.Length == 0)
            return false;
        EncryptionHandshake atOnce = Make(input[0]), inParts = Make(input[0]);
        Receive(atOnce, input.AsSpan(1), int.MaxValue);
        int taken = Receive(inParts, input.AsSpan(1), 61);

        Property.Holds(atOnce.State == inParts.State, "bytes in parts give the same result");
        if (atOnce.State != EncryptionState.Done)
        {
            Property.Holds(atOnce.State == EncryptionState.Failed || input.Length < 20_000, "no wait is endless");
            return false;
        }

        Property.Holds(atOnce.Method is EncryptionMethods.Plaintext or EncryptionMethods.Rc4, "one method is negotiated");
        Property.Holds((atOnce.Incoming is not null) == (atOnce.Method == EncryptionMethods.Rc4), "the stream is encrypted if that was negotiated");
        byte[] rest = input[(1 + taken)..];
        inParts.Incoming?.Apply(rest);
        Property.Same(atOnce.Received.Span, [.. inParts.Received.Span, .. rest], "the stream does not depend on how it arrived");
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

    /// <summary>Creates a side: odd numbers are the responder.</summary>
    private static EncryptionHandshake Make(byte side)
    {
        var random = new Random(Seed);
        return side % 2 == 1
            ? new EncryptionResponder(
                name => name == ObfuscatedInfoHash.Of(Torrent) ? Torrent : null,
                offered => offered.HasFlag(EncryptionMethods.Rc4) ? EncryptionMethods.Rc4 : offered,
                Fill)
            : new EncryptionInitiator(Torrent, EncryptionMethods.Plaintext | EncryptionMethods.Rc4, Hello, Fill);

        void Fill(Span<byte> bytes)
        {
            random.NextBytes(bytes);
            if (side < FirstLongKey && bytes.Length == KeyLength)
                bytes[1..].Clear();
        }
    }

    /// <summary>The data that a side receives from an honest peer, with the beginning of the stream.</summary>
    private static byte[] Record(int side)
    {
        int even = side & ~1;
        EncryptionHandshake one = Make((byte)even), other = Make((byte)(even + 1));
        List<byte> toOne = [(byte)even], toOther = [(byte)(even + 1)];
        while (one.State == EncryptionState.Open || other.State == EncryptionState.Open)
        {
            Carry(one, other, toOther);
            Carry(other, one, toOne);
        }

        return [.. side % 2 == 1 ? toOther : toOne, 1, 2, 3];

        static void Carry(EncryptionHandshake from, EncryptionHandshake to, List<byte> record)
        {
            byte[] bytes = from.TakeToSend();
            record.AddRange(bytes);
            if (bytes.Length > 0)
                to.Receive(bytes);
        }
    }
}
