using System.Text;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>External text that is displayed.</summary>
internal sealed class DisplayTextTarget : IFuzzTarget
{
    private const string Bidi = "\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069";

    public string Name => "text";

    public IMutator Mutator { get; } = new TextMutator();

    public long AllowedBytes(int length) => 256 * 1024 + (64L * length);

    public bool Run(byte[] input)
    {
        // As UTF-8 and as UTF-16 code units, unpaired surrogates included.
        Check(Encoding.UTF8.GetString(input));
        Check(Encoding.Unicode.GetString(input));
        return true;
    }

    private static void Check(string text)
    {
        string clean = DisplayText.Clean(text);
        foreach (char c in clean)
            Property.Holds(!char.IsControl(c) && !Bidi.Contains(c, StringComparison.Ordinal), "no character controls a terminal");
        Property.Holds(clean.Length <= text.Length, "nothing is added");
        Property.Holds(DisplayText.Clean(clean) == clean, "clean text is unchanged");
        Property.Holds(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(clean)) == clean, "it does not end within a character");
    }

    private sealed class TextMutator : IMutator
    {
        private static readonly ByteMutator Bytes = new(["a name"u8.ToArray()]);

        public byte[] Make(Random random) => Bytes.Change(HostileText.Make(random), random, random.Next(0, 4));
    }
}
