using System.Buffers;
using System.Text;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The bencode decoder, compared with a simple one and with the writer.</summary>
internal sealed class BencodeTarget : IFuzzTarget
{
    public string Name => "bencode";

    public IMutator Mutator { get; } = new BencodeMutator(
        [Samples.Single, Samples.Many, Samples.Hybrid, "d1:ad1:bli1e1:c0:ee2:xyi-5ee"u8.ToArray(), "li0e0:ldeee"u8.ToArray()]);

    // 16 bytes per token on a tape that grows by doubling, plus the simple decoder and the rewritten value.
    public long AllowedBytes(int length) => 512 * 1024 + (400L * length);

    public bool Run(byte[] input)
    {
        List<PlainBencode.Value>? plain = PlainBencode.TryRead(input, BencodeLimits.Default.MaxDepth, out int end);
        BencodeDocument document;
        int consumed;
        try
        {
            document = BencodeDocument.ParsePrefix(input, out consumed);
        }
        catch (BencodeException fault)
        {
            Property.Holds(plain is null, "valid input is read");
            Property.Holds(fault.Offset >= 0 && fault.Offset <= input.Length, "a fault's offset is in the data");
            Property.IsHarmless(fault.Message, "a fault's message");
            return false;
        }

        Property.Holds(plain is not null && end == consumed, "invalid input is refused, and reading ends with the value");
        Property.Same(input.AsSpan(0, consumed), document.Root.Raw.Span, "the raw bytes of the root equal the input");
        Property.Holds(plain!.SequenceEqual(Walk(document.Root)), "the values equal those of a plain decoder");
        WriteAnew(document.Root);
        return true;
    }

    private static IEnumerable<PlainBencode.Value> Walk(BencodeElement root)
    {
        var open = new Stack<BencodeElement>([root]);
        while (open.TryPop(out BencodeElement element))
        {
            yield return new PlainBencode.Value(element.Kind, element.Offset, element.Raw.Length);
            var inner = new List<BencodeElement>();
            if (element.Kind == BencodeKind.List)
            {
                foreach (BencodeElement item in element.EnumerateList())
                    inner.Add(item);
                Property.Holds(inner.Count == element.Count, "a list enumerates as many values as it counts");
            }
            else if (element.Kind == BencodeKind.Dictionary)
            {
                foreach (BencodeEntry entry in element.EnumerateDictionary())
                {
                    Property.Holds(element.TryGet(entry.Key, out _), "a key that is listed is found");
                    inner.Add(entry.Value);
                }

                Property.Holds(inner.Count == element.Count, "a dictionary enumerates as many entries as it counts");
            }

            for (int i = inner.Count - 1; i >= 0; i--)
                open.Push(inner[i]);
        }
    }

    /// <summary>If the keys are in order, the writer's output reads as the same values.</summary>
    private static void WriteAnew(BencodeElement root)
    {
        var output = new ArrayBufferWriter<byte>();
        if (!TryWrite(new BencodeWriter(output), root))
            return;
        BencodeElement again = BencodeDocument.Parse(output.WrittenMemory).Root;
        Property.Holds(
            Walk(root).Select(value => value.Kind).SequenceEqual(Walk(again).Select(value => value.Kind)),
            "the value written again has the same structure");
        output = new ArrayBufferWriter<byte>();
        TryWrite(new BencodeWriter(output), again);
        Property.Same(again.Raw.Span, output.WrittenSpan, "canonical input is written unchanged");
    }

    private static bool TryWrite(BencodeWriter writer, BencodeElement element)
    {
        switch (element.Kind)
        {
            case BencodeKind.Integer:
                writer.WriteInteger(element.AsInteger());
                return true;
            case BencodeKind.String:
                writer.WriteString(element.AsBytes());
                return true;
            case BencodeKind.List:
                writer.BeginList();
                foreach (BencodeElement item in element.EnumerateList())
                {
                    if (!TryWrite(writer, item))
                        return false;
                }

                writer.End();
                return true;
            default:
                writer.BeginDictionary();
                byte[]? last = null;
                foreach (BencodeEntry entry in element.EnumerateDictionary())
                {
                    if (last is not null && entry.Key.SequenceCompareTo(last) <= 0)
                        return false;
                    last = entry.Key.ToArray();
                    writer.WriteKey(entry.Key);
                    if (!TryWrite(writer, entry.Value))
                        return false;
                }

                writer.End();
                return true;
        }
    }

    /// <summary>A simple decoder by the specification, with the documented leniency of the real one.</summary>
    private static class PlainBencode
    {
        public static List<Value>? TryRead(byte[] data, int maxDepth, out int end)
        {
            var values = new List<Value>();
            var open = new Stack<(int Index, bool IsDictionary, int Children)>();
            end = 0;
            while (true)
            {
                if (end >= data.Length)
                    return null;
                int start = end;
                (int index, bool isDictionary, int children) = open.Count > 0 ? open.Peek() : (-1, false, 0);
                bool isKey = isDictionary && children % 2 == 0;
                char first = (char)data[end];
                if (first == 'e' && open.Count > 0)
                {
                    if (isDictionary && children % 2 != 0)
                        return null;
                    end++;
                    open.Pop();
                    values[index] = values[index] with { Length = end - values[index].Offset };
                }
                else if (first is 'l' or 'd' && !isKey && open.Count < maxDepth)
                {
                    end++;
                    Count(open);
                    open.Push((values.Count, first == 'd', 0));
                    values.Add(new Value(first == 'd' ? BencodeKind.Dictionary : BencodeKind.List, start, 0));
                    continue;
                }
                else if (first == 'i' && !isKey)
                {
                    int close = Array.IndexOf(data, (byte)'e', end);
                    string digits = close < 0 ? "" : Encoding.Latin1.GetString(data, end + 1, close - end - 1);
                    if (!digits.TrimStart('-').All(char.IsAsciiDigit) || !System.Numerics.BigInteger.TryParse(digits, out var number)
                        || number < long.MinValue || number > long.MaxValue || digits.StartsWith("--", StringComparison.Ordinal))
                        return null;
                    end = close + 1;
                    values.Add(new Value(BencodeKind.Integer, start, end - start));
                    Count(open);
                }
                else if (char.IsAsciiDigit(first))
                {
                    int colon = Array.IndexOf(data, (byte)':', end);
                    string digits = colon < 0 ? "" : Encoding.Latin1.GetString(data, end, colon - end);
                    if (digits.Length == 0 || !digits.All(char.IsAsciiDigit)
                        || System.Numerics.BigInteger.Parse(digits, null) > data.Length - colon - 1)
                        return null;
                    end = colon + 1 + (int)System.Numerics.BigInteger.Parse(digits, null);
                    if (!isKey)
                        values.Add(new Value(BencodeKind.String, start, end - start));
                    Count(open);
                }
                else
                {
                    return null;
                }

                if (open.Count == 0)
                    return values;
            }
        }

        private static void Count(Stack<(int Index, bool IsDictionary, int Children)> open)
        {
            if (open.TryPop(out (int Index, bool IsDictionary, int Children) top))
                open.Push(top with { Children = top.Children + 1 });
        }

        public readonly record struct Value(BencodeKind Kind, int Offset, int Length);
    }
}
