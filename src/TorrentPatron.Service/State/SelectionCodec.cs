using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Service.State;

/// <summary>A choice of files in a torrent's resume file, while the torrent's files are unknown.</summary>
internal static class SelectionCodec
{
    /// <summary>Writes a choice.</summary>
    public static void Write(BencodeWriter writer, FileSelection selection)
    {
        writer.BeginDictionary();
        writer.WriteKey("exclude"u8);
        WriteTexts(writer, selection.Exclude);
        writer.WriteKey("include"u8);
        WriteTexts(writer, selection.Include);
        writer.WriteKey("indices"u8);
        writer.BeginList();
        foreach (int index in selection.Indices)
            writer.WriteInteger(index);
        writer.End();
        writer.End();
    }

    /// <summary>Reads a choice.</summary>
    /// <exception cref="InvalidDataException">It is invalid.</exception>
    public static FileSelection Read(BencodeElement selection)
    {
        if (!selection.TryGet("exclude"u8, out BencodeElement exclude) || !selection.TryGet("include"u8, out BencodeElement include)
            || !selection.TryGet("indices"u8, out BencodeElement indices))
        {
            throw new InvalidDataException("its choice of files is malformed");
        }

        var numbers = new List<int>(indices.Count);
        foreach (BencodeElement index in indices.EnumerateList())
            numbers.Add(index.AsInteger() is var number and >= 0 ? checked((int)number) : throw new InvalidDataException("its choice of files is malformed"));
        return new FileSelection { Exclude = ReadTexts(exclude), Include = ReadTexts(include), Indices = numbers };
    }

    private static void WriteTexts(BencodeWriter writer, IReadOnlyList<string> texts)
    {
        writer.BeginList();
        foreach (string text in texts)
            writer.WriteString(text);
        writer.End();
    }

    private static List<string> ReadTexts(BencodeElement list)
    {
        var texts = new List<string>(list.Count);
        foreach (BencodeElement text in list.EnumerateList())
            texts.Add(text.AsText());
        return texts;
    }
}
