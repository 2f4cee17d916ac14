using System.Text;

namespace TorrentPatron.Fuzz.Mutation;

/// <summary>Names and texts that an attacker would choose.</summary>
internal static class HostileText
{
    private static readonly byte[][] Parts =
    [
        .. new[]
        {
            "..", ".", "/", "\\", "C:", "CON", "nul.txt", "COM1", "LPT¹", "aux.", " ", "...", "~", "$HOME", "%PATH%", "a", "A", "é",
            "e\u0301", "ß", "ẞ", "İ", "ı", "\0", "\n", "\r", "\t", "\u001B[31m", "\u001B]0;x\u0007", "\u009B", "\u0085", "\u202E",
            "\u2066", "\u200F", "\u200B", "\uFEFF", "\uFFFD", "\uFFFE", "\u2028", "\U0001F469\u200D\U0001F467", "日本", ".txt",
            "file.txt:stream", "a (1)", "a (2)", "\"; program ;\"", "$(x)", "`x`", "-rf", "*", "?", "|", "<", ">", "\"", "&", "http://a/",
            "udp://a:1/", "magnet:?", ".pad", "x.!tp", "desktop.ini", ".patron-parts",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x80],
    ];

    /// <summary>Creates a hostile text.</summary>
    public static byte[] Make(Random random)
    {
        if (random.Next(10) == 0)
            return Long(random);
        var text = new List<byte>();
        for (int i = random.Next(0, 5); i > 0; i--)
            text.AddRange(Parts[random.Next(Parts.Length)]);
        return [.. text];
    }

    private static byte[] Long(Random random)
    {
        byte[] part = Parts[random.Next(Parts.Length)];
        int length = random.Next(2) == 0 ? random.Next(240, 270) : random.Next(1000);
        return [.. Enumerable.Repeat(part, (length / part.Length) + 1).SelectMany(b => b)];
    }
}
