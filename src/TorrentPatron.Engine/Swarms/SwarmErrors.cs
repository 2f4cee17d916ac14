using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Why a torrent cannot do what it is told, each worded once.</summary>
internal static class SwarmErrors
{
    public static TorrentError WrongNumberOfPriorities(TorrentMetainfo metainfo, int given) => new(
        TorrentErrorId.InvalidTorrent, $"Priorities were given for {given} files, but '{metainfo.Name}' has {metainfo.Files.Count}.",
        "Give one priority for each file.");

    public static TorrentError NotActive(TorrentMetainfo metainfo) => new(
        TorrentErrorId.TorrentNotActive, $"'{metainfo.Name}' does not run just now, so it asks nobody.", "Resume it, and ask again.");
}
