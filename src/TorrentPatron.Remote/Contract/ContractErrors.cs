using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Contract;

/// <summary>What can be wrong with what the other side sends, each worded once.</summary>
internal static class ContractErrors
{
    private const int MostShown = 200;

    public static TorrentError InvalidValue(string text, string what) => new(
        TorrentErrorId.InvalidArgument, $"'{Shown(text)}' is not {what}.", "docs/rpc.md says how each value is written.");

    public static TorrentError InvalidTorrent(string fault) => new(
        TorrentErrorId.InvalidTorrent, fault, "Get the .torrent again, from where it came from.");

    public static TorrentError NotSaved(string infoHash) => new(
        TorrentErrorId.TorrentNotFound, $"The service has not saved a torrent {Shown(infoHash)} that it can take up.",
        "Start it from its .torrent or magnet link.");

    public static TorrentError StateNotReadable(string folder, string fault) => new(
        TorrentErrorId.StateNotWritable, $"The service cannot read its state folder '{DisplayText.Clean(folder)}': {DisplayText.Clean(fault)}",
        "Check the folder, and who may read it.");

    private static string Shown(string text) => DisplayText.Clean(text.Length <= MostShown ? text : text[..MostShown]);
}
