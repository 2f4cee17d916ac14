using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>An external name that becomes an element of a path.</summary>
internal sealed class PathTarget : IFuzzTarget
{
    public string Name => "path";

    public IMutator Mutator { get; } = new NameMutator();

    public long AllowedBytes(int length) => 64 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        string element = PathSanitizer.CleanElement(input);
        PathRules.CheckElement(element);
        Property.Holds(PathSanitizer.CleanElement(element) == element, "clean text is unchanged");
        string root = Path.GetFullPath(Path.DirectorySeparatorChar + "destination");
        Property.Holds(Path.GetDirectoryName(Path.GetFullPath(Path.Combine(root, element))) == root, "it stays below the destination");
        return true;
    }

    private sealed class NameMutator : IMutator
    {
        private static readonly ByteMutator Bytes = new(["name.txt"u8.ToArray(), "con"u8.ToArray(), "..\\..\\x"u8.ToArray()]);

        public byte[] Make(Random random)
        {
            byte[] name = HostileText.Make(random);
            return random.Next(3) == 0 ? Bytes.Change(name, random, random.Next(1, 4)) : name;
        }
    }
}
