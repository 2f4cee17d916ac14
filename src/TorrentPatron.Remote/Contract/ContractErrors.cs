using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Contract;

/// <summary>The errors in what the other side sends.</summary>
internal static class ContractErrors
{
    private const int MostShown = 200;

    public static TorrentError InvalidValue(string text, string what) => new(
        TorrentErrorId.InvalidArgument, $"'{Shown(text)}' is not {what}.", "docs/rpc.md describes the format of each value.");

    public static TorrentError InvalidTorrent(string fault) => new(
        TorrentErrorId.InvalidTorrent, fault, "Get the .torrent file again from its origin.");

    public static TorrentError NotSaved(string infoHash) => new(
        TorrentErrorId.TorrentNotFound, $"The service has no saved torrent {Shown(infoHash)} that it can restore.",
        "Start it from its .torrent file or magnet link.");

    public static TorrentError StateNotReadable(string folder, string fault) => new(
        TorrentErrorId.StateNotWritable, $"The service cannot read its state folder '{DisplayText.Clean(folder)}': {DisplayText.Clean(fault)}",
        "Check the folder and its permissions.");

    private static string Shown(string text) => DisplayText.Clean(text.Length <= MostShown ? text : text[..MostShown]);
}
