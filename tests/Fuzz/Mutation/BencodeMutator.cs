using System.Globalization;
using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Fuzz.Mutation;

/// <summary>
/// Mutates valid bencoded inputs as trees: wrong kinds of values, absurd numbers, hostile strings, keys dropped, doubled and out
/// of order, values moved, repeated and nested; sometimes also byte by byte.
/// </summary>
internal sealed class BencodeMutator : IMutator
{
    private const int MostNodes = 20_000;

    private static readonly string[] Integers =
    [
        "0", "1", "-1", "2", "255", "256", "16384", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "1000000000000000000000",
        "-0", "007", "", "-", "+1", "1.5", " 1", "0x10", "536870912", "536870913", "2097152", "2097153",
    ];

    private readonly BencodeNode[] _corpus;
    private readonly byte[][] _keys;
    private readonly ByteMutator _bytes;

    /// <param name="corpus">Valid inputs.</param>
    /// <param name="keys">Keys in addition to those in the inputs.</param>
    public BencodeMutator(IReadOnlyList<byte[]> corpus, params string[] keys)
    {
        _corpus = [.. corpus.Select(input => BencodeNode.Of(BencodeDocument.Parse(input).Root))];
        _bytes = new ByteMutator(corpus, [.. "d,l,e,i,i0e,i-1e,0:,1:,99999999999:,de,le,1:ai1e".Split(',').Select(Encoding.ASCII.GetBytes)]);
        _keys = [.. keys.Select(Encoding.UTF8.GetBytes), .. Keys()];
    }

    public byte[] Make(Random random)
    {
        if (random.Next(40) == 0)
            return _bytes.Make(random);

        BencodeNode root = _corpus[random.Next(_corpus.Length)].Clone();
        if (random.Next(50) > 0)
        {
            for (int i = random.Next(1, 5); i > 0; i--)
                Change(ref root, random);
        }

        byte[] input = root.ToBytes();
        return random.Next(5) == 0 ? _bytes.Change(input, random, random.Next(1, 4)) : input;
    }

    private IEnumerable<byte[]> Keys()
    {
        foreach (BencodeNode dictionary in _corpus.SelectMany(root => root.All()).Where(node => node.Head is [(byte)'d']))
        {
            for (int i = 0; i < dictionary.Children!.Count; i += 2)
            {
                byte[] head = dictionary.Children[i].Head;
                yield return head[(Array.IndexOf(head, (byte)':') + 1)..];
            }
        }
    }

    private void Change(ref BencodeNode root, Random random)
    {
        List<BencodeNode> all = root.All();
        BencodeNode node = all[random.Next(all.Count)];
        List<BencodeNode>? children = node.Children;
        int child = children is { Count: > 0 } ? random.Next(children.Count) : -1;
        switch (random.Next(12))
        {
            case 0:
                Become(node, BencodeNode.Raw($"i{Integers[random.Next(Integers.Length)]}e"));
                break;
            case 1:
                Become(node, BencodeNode.Text(HostileText.Make(random)));
                break;
            case 2:
                Become(node, random.Next(3) switch
                {
                    0 => BencodeNode.List(),
                    1 => BencodeNode.Raw("de"),
                    _ => BencodeNode.Text([]),
                });
                break;
            case 3 when child >= 0:
                children!.RemoveAt(child);
                break;
            case 4 when child >= 0:
                children!.Insert(random.Next(children.Count + 1), children[child].Clone());
                break;
            case 5 when child >= 0:
                int other = random.Next(children!.Count);
                (children[child], children[other]) = (children[other], children[child]);
                break;
            case 6:
                Become(node, Any(random));
                break;
            case 7 when node is { Head: [(byte)'d'], Children: not null }:
                Insert(node, random);
                break;
            case 8 when node.Children is null && node.Head.Length > 1:
                // A string becomes longer or shorter than its length prefix.
                node.Head = random.Next(2) == 0 ? node.Head[..^1] : [.. node.Head, (byte)random.Next(256)];
                break;
            case 9 when node.Children is null && Array.IndexOf(node.Head, (byte)':') is > 0 and int colon:
                Resize(node, node.Head[(colon + 1)..], random);
                break;
            case 10:
                root = Nest(root, node, random);
                break;
            case 11 when child >= 0 && all.Count < MostNodes:
                // Whole entries of a dictionary, one value of a list.
                int from = node.Head is [(byte)'d'] ? child & ~1 : child;
                List<BencodeNode> part = children!.GetRange(from, Math.Min(node.Head is [(byte)'d'] ? 2 : 1, children.Count - from));
                int most = Math.Max(2, MostNodes / Math.Max(1, part.Sum(value => value.All().Count)));
                for (int i = random.Next(1, Math.Min(most, 1 << random.Next(1, 11))); i > 0; i--)
                    children.InsertRange(from, part.ConvertAll(value => value.Clone()));
                break;
        }
    }

    private BencodeNode Any(Random random)
    {
        List<BencodeNode> all = _corpus[random.Next(_corpus.Length)].All();
        return all[random.Next(all.Count)].Clone();
    }

    private void Insert(BencodeNode dictionary, Random random)
    {
        byte[] key = _keys[random.Next(_keys.Length)];
        BencodeNode value = random.Next(3) switch
        {
            0 => BencodeNode.Text(HostileText.Make(random)),
            1 => BencodeNode.Raw($"i{Integers[random.Next(Integers.Length)]}e"),
            _ => Any(random),
        };
        dictionary.Children!.InsertRange(random.Next((dictionary.Children.Count / 2) + 1) * 2, [BencodeNode.Text(key), value]);
    }

    private static void Resize(BencodeNode node, byte[] content, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                Become(node, BencodeNode.Text(content.AsSpan(0, random.Next(content.Length + 1))));
                break;
            case 1:
                Become(node, BencodeNode.Text([.. content, .. content]));
                break;
            case 2:
                Become(node, BencodeNode.Text([.. content, .. HostileText.Make(random)]));
                break;
            case 3:
                string claimed = Integers[random.Next(Integers.Length)];
                node.Head = [.. Encoding.ASCII.GetBytes(claimed), (byte)':', .. content];
                break;
        }
    }

    private static BencodeNode Nest(BencodeNode root, BencodeNode node, Random random)
    {
        BencodeNode inner = node.Clone();
        for (int depth = random.Next(1, 1 << random.Next(1, 9)); depth > 0; depth--)
        {
            inner = random.Next(2) == 0
                ? BencodeNode.List(inner)
                : new BencodeNode { Head = [(byte)'d'], Children = [BencodeNode.Text(HostileText.Make(random)), inner] };
        }

        if (node == root)
            return inner;
        Become(node, inner);
        return root;
    }

    private static void Become(BencodeNode node, BencodeNode other) => (node.Head, node.Children) = (other.Head, other.Children);
}
