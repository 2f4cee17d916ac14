using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>A stream of peer messages, read whole and in two parts.</summary>
internal sealed class MessageTarget : IFuzzTarget
{
    private const int MaxLength = 128 * 1024;

    public string Name => "messages";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            Convert.FromHexString("00000000000000010000000001010000000102000000010300000005040000000200000002058000"),
            Convert.FromHexString("0000000D060000000000000000000040000000000B0700000001000000000A0B0000000D08000000000000000000004000"),
            Convert.FromHexString("0000000309" + "1AE1" + "000000050D00000001" + "000000010E" + "000000010F" + "0000000D10000000000000000000004000"
                + "000000051100000003" + "0000000A1400" + "64313A6D646565" + "65"),
            [0, 0, 0x40, 9, 7, .. new byte[8 + 0x4000]],
        ],
        [[0, 0, 0, 1], [0, 0, 0, 5], [0, 0, 0, 13], [0, 0, 0x40, 9], [0, 0, 0x40, 10], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF]]);

    public long AllowedBytes(int length) => 128 * 1024 + (400L * length);

    public bool Run(byte[] input)
    {
        List<string> whole = [];
        int end = Take(input, whole);
        // As from the network: it waits for missing bytes and reads nothing beyond the received ones.
        int cut = input.Length == 0 ? 0 : input[0] * 31 % input.Length;
        List<string> parts = [];
        int first = Take(input.AsSpan(0, cut), parts);
        if (first >= 0)
        {
            int second = Take(input.AsSpan(first), parts);
            Property.Holds(second < 0 ? end < 0 : first + second == end, "messages end at the same place however they arrive");
        }

        Property.Holds(whole.Count >= parts.Count && (first < 0 || whole.SequenceEqual(parts)), "messages do not depend on how they arrived");
        return whole.Count > 0;
    }

    /// <returns>Length of the complete messages in bytes; -1 if one is invalid.</returns>
    private static int Take(ReadOnlySpan<byte> buffer, List<string> messages)
    {
        int taken = 0;
        while (true)
        {
            ReadResult result = PeerMessage.TryRead(buffer[taken..], MaxLength, out PeerMessage message, out int size);
            Property.Holds(size is >= 0 and <= 4 + MaxLength, "no message is longer than allowed");
            if (result == ReadResult.Invalid)
                return -1;
            if (result == ReadResult.Incomplete)
            {
                Property.Holds(size == 0 ? buffer.Length - taken < 4 : size > buffer.Length - taken, "a complete message is read");
                return taken;
            }

            messages.Add(Describe(message));
            taken += size;
        }
    }

    private static string Describe(in PeerMessage message)
    {
        if (message.IsKeepAlive)
            return "keep-alive";
        string text = message.Id switch
        {
            MessageId.Have or MessageId.SuggestPiece or MessageId.AllowedFast => $"{message.Piece}",
            MessageId.Request or MessageId.Cancel or MessageId.RejectRequest => $"{message.Range}",
            MessageId.Piece => $"{message.Piece} {message.Begin} {message.Block.Length}",
            _ => "",
        };
        if (message.Id == MessageId.Piece)
            Property.Holds(message.Block.Length is > 0 and <= BlockRequest.BlockLength, "a block has the block length");
        byte[] again = new byte[5 + message.Body.Length];
        MessageWriter.WriteBody(again, message.Id, message.Body);
        Property.Holds(
            PeerMessage.TryRead(again, MaxLength, out PeerMessage same, out _) == ReadResult.Complete && same.Body.SequenceEqual(message.Body),
            "a written value can be read again");
        return $"{message.Id} {text} {message.Body.Length}";
    }
}
