using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.WebSeeds;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Addresses of a torrent's files at a web seed: no name leads outside.</summary>
internal sealed class WebSeedTarget : IFuzzTarget
{
    private const string Folder = "http://w.example/pub/";

    private static readonly Uri[] Seeds = [new(Folder), new("http://w.example/pub"), new("http://w.example/pub/x?y=z")];

    public string Name => "web-seed";

    public IMutator Mutator { get; } = new BencodeMutator(
        [Samples.Single, Samples.Many, Samples.Hybrid, Samples.V2, Samples.Links], "path.utf-8", "name.utf-8", "path", "name", "attr", "file tree", "files", "..", ".", "");

    public long AllowedBytes(int length) => 4 * 1024 * 1024 + (4_000L * length);

    public bool Run(byte[] input)
    {
        TorrentMetainfo torrent;
        try
        {
            torrent = MetainfoReader.Read(input);
        }
        catch (MetainfoException)
        {
            return false;
        }

        var urls = new WebSeedUrls(torrent);
        for (int file = 0; file < Math.Min(torrent.Files.Count, 100); file++)
        {
            foreach (Uri seed in Seeds)
            {
                if (!urls.TryGetAddress(seed, file, out Uri? address))
                    continue;
                Property.Holds(address.Scheme == "http" && address.Authority == "w.example" && address.Fragment.Length == 0, "the server stays the same");
                Property.Holds(address.AbsoluteUri.StartsWith("http://w.example/pub", StringComparison.Ordinal), "the path stays below the web seed's");
                Property.Holds(!address.AbsolutePath.Split('/').Any(element => element is "." or ".."), "no element leads elsewhere");
                Property.Holds(address.Query == (seed.Query.Length == 0 ? "" : address.Query) && address.AbsoluteUri.All(char.IsAscii), "names add no query");
            }
        }

        return true;
    }
}
