using System.Globalization;
using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Fuzz.Mutation;

/// <summary>A bencoded value that may be invalid in any way: it is only its bytes.</summary>
internal sealed class BencodeNode
{
    /// <summary>The bytes before the children; all bytes of a string or integer.</summary>
    public byte[] Head { get; set; } = [];

    /// <summary>A list's values; a dictionary's keys and values in turn; null for a string or integer.</summary>
    public List<BencodeNode>? Children { get; set; }

    public static BencodeNode Text(ReadOnlySpan<byte> content) =>
        new() { Head = [.. Encoding.ASCII.GetBytes(content.Length.ToString(CultureInfo.InvariantCulture)), (byte)':', .. content] };

    public static BencodeNode Raw(string text) => new() { Head = Encoding.Latin1.GetBytes(text) };

    public static BencodeNode List(params IEnumerable<BencodeNode> children) => new() { Head = [(byte)'l'], Children = [.. children] };

    public static BencodeNode Of(BencodeElement element)
    {
        switch (element.Kind)
        {
            case BencodeKind.List:
                BencodeNode list = List();
                foreach (BencodeElement item in element.EnumerateList())
                    list.Children!.Add(Of(item));
                return list;
            case BencodeKind.Dictionary:
                var dictionary = new BencodeNode { Head = [(byte)'d'], Children = [] };
                foreach (BencodeEntry entry in element.EnumerateDictionary())
                    dictionary.Children.AddRange([Text(entry.Key), Of(entry.Value)]);
                return dictionary;
            default:
                return new BencodeNode { Head = element.Raw.ToArray() };
        }
    }

    public BencodeNode Clone() => new() { Head = Head, Children = Children?.ConvertAll(child => child.Clone()) };

    /// <summary>This node and all its descendants.</summary>
    public List<BencodeNode> All()
    {
        List<BencodeNode> all = [this];
        for (int i = 0; i < all.Count; i++)
            all.AddRange(all[i].Children ?? []);
        return all;
    }

    public byte[] ToBytes()
    {
        using var output = new MemoryStream();
        WriteTo(output);
        return output.ToArray();
    }

    private void WriteTo(MemoryStream output)
    {
        output.Write(Head);
        if (Children is null)
            return;
        foreach (BencodeNode child in Children)
            child.WriteTo(output);
        output.WriteByte((byte)'e');
    }
}
