using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Finds the torrents that a person means among those that run.</summary>
/// <param name="running">The torrents that run.</param>
internal sealed class TorrentFinder(IReadOnlyList<TorrentTarget> running)
{
    /// <summary>So few digits of an info hash name a torrent, where they name only one.</summary>
    public const int ShortestPrefix = 4;

    /// <summary>All of them.</summary>
    public IReadOnlyList<TorrentTarget> All => running;

    /// <summary>Those with an info hash: more than one where several services run the same torrent.</summary>
    /// <param name="text">The info hash or its beginning, four digits or more, of either case.</param>
    /// <param name="error">Why there is none, or which it is cannot be told; null where there is one.</param>
    public IReadOnlyList<TorrentTarget> ByInfoHash(string text, out TorrentError? error)
    {
        if (text.Length is < ShortestPrefix or > 40 || !text.All(char.IsAsciiHexDigit))
        {
            error = CommandErrors.BadInfoHash(text);
            return [];
        }

        TorrentTarget[] found = [.. running.Where(target => target.Status.InfoHash.StartsWith(text, StringComparison.OrdinalIgnoreCase))];
        int torrents = found.DistinctBy(target => target.Torrent).Count();
        if (torrents <= 1)
            return Found(found, text, out error);
        error = CommandErrors.AmbiguousInfoHash(text, torrents);
        return [];
    }

    /// <summary>Those whose name matches. That a pattern matches none is no error.</summary>
    /// <param name="text">A name, or a pattern of names.</param>
    /// <param name="isMatch">Whether a name matches it; null where the text is a name.</param>
    /// <param name="error">Why there is none; null where there is one or none was promised.</param>
    public IReadOnlyList<TorrentTarget> ByName(string text, Func<string, bool>? isMatch, out TorrentError? error)
    {
        if (isMatch is null)
        {
            return Found(
                [.. running.Where(target => target.Status.Name.Equals(text, StringComparison.OrdinalIgnoreCase))], text, out error);
        }

        error = null;
        return [.. running.Where(target => isMatch(target.Status.Name))];
    }

    /// <summary>The one of which an earlier status tells.</summary>
    /// <param name="earlier">The status.</param>
    /// <param name="error">Why there is none; null where there is one.</param>
    public IReadOnlyList<TorrentTarget> ByStatus(TorrentStatus earlier, out TorrentError? error) => Found(
        [.. running.Where(target => target.Status.InfoHash == earlier.InfoHash && target.Status.Destination == earlier.Destination)],
        earlier.Name,
        out error);

    private static TorrentTarget[] Found(TorrentTarget[] found, string text, out TorrentError? error)
    {
        error = found.Length == 0 ? CommandErrors.NoSuchTorrent(text) : null;
        return found;
    }
}
