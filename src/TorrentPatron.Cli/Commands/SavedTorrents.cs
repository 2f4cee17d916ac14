using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary>Finds saved torrents by a user's text.</summary>
internal static class SavedTorrents
{
    /// <summary>The shortest prefix of an info hash that can name a torrent.</summary>
    private const int ShortestPrefix = 4;

    /// <summary>The metainfo of the torrent that a text names.</summary>
    /// <param name="states">The state folder.</param>
    /// <param name="text">The torrent's name, or the first digits of its info hash.</param>
    /// <exception cref="TorrentException">The text names no torrent or several, or the torrent's metadata is not known yet.</exception>
    public static TorrentMetainfo Find(StateFolder states, string text)
    {
        SavedTorrent[] byHash =
        [
            .. states.Enumerate().Where(saved =>
                text.Length >= ShortestPrefix && saved.TorrentId.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)),
        ];
        TorrentMetainfo?[] found = byHash.Length > 0
            ? [.. byHash.Select(saved => saved.ReadMetainfo())]
            : [.. states.Enumerate().Select(saved => saved.ReadMetainfo())
                .Where(metainfo => metainfo is not null && (metainfo.Name.Equals(text, StringComparison.OrdinalIgnoreCase) || IsHashOf(metainfo.TorrentId, text)))];
        return found switch
        {
            [{ } metainfo] => metainfo,
            [null] => throw new TorrentException(new TorrentError(
                TorrentErrorId.MetadataMissing, $"The metadata of '{DisplayText.Clean(text)}' is not known yet.", "Start it, or fetch its metadata with 'patron metadata'.")),
            [] => throw new TorrentException(new TorrentError(
                TorrentErrorId.TorrentNotFound, $"No torrent '{DisplayText.Clean(text)}' is saved in {states.FolderPath}.", "'patron status' lists the saved torrents.")),
            _ => throw new TorrentException(new TorrentError(
                TorrentErrorId.TorrentNotFound, $"'{DisplayText.Clean(text)}' matches {found.Length} torrents.", "Give more digits of the info hash.")),
        };
    }

    /// <summary>Whether a text is the beginning of one of a torrent's hashes: a hybrid is saved by one of its two.</summary>
    private static bool IsHashOf(TorrentId torrent, string text) => text.Length >= ShortestPrefix
        && (torrent.V1?.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase) == true
            || torrent.V2?.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase) == true);
}
