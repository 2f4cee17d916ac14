using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Finds the torrents that a person means among those that run.</summary>
/// <param name="running">The torrents that run, as they are now.</param>
/// <param name="find">Those of them with an info hash: what names one of thousands is found without looking at all.</param>
internal sealed class TorrentFinder(Func<IReadOnlyList<TorrentTarget>> running, Func<TorrentId, IReadOnlyList<TorrentTarget>> find)
{
    /// <summary>Finds among some torrents.</summary>
    /// <param name="running">The torrents.</param>
    public TorrentFinder(IReadOnlyList<TorrentTarget> running)
        : this(() => running, torrent => [.. running.Where(target => target.Torrent == torrent)])
    {
    }

    /// <summary>So few digits of an info hash name a torrent, where they name only one.</summary>
    public const int ShortestPrefix = 4;

    /// <summary>All of them.</summary>
    public IReadOnlyList<TorrentTarget> All => running();

    /// <summary>Finds among a patron's own torrents, or else among all of the session.</summary>
    /// <param name="patron">The patron; null: all.</param>
    /// <param name="session">The session.</param>
    public static TorrentFinder Among(Patron? patron, SessionPatrons session) => patron is null
        ? new TorrentFinder(() => session.Torrents, session.Find)
        : Among(patron, () => patron.OwnStatuses, patron.GetOwnStatus);

    /// <summary>Finds among the torrents of a patron's service, its own or not, or else among all of the session.</summary>
    /// <param name="patron">The patron; null: all.</param>
    /// <param name="session">The session.</param>
    public static TorrentFinder AmongAll(Patron? patron, SessionPatrons session) => patron is null
        ? Among(patron, session)
        : Among(patron, () => patron.Statuses, patron.GetStatus);

    /// <summary>Those with an info hash: more than one where several services run the same torrent.</summary>
    /// <param name="text">The info hash or its beginning, four digits or more, of either case.</param>
    /// <param name="error">Why there is none, or which it is cannot be told; null where there is one.</param>
    public IReadOnlyList<TorrentTarget> ByInfoHash(string text, out TorrentError? error)
    {
        if (text.Length is < ShortestPrefix or > 2 * InfoHashV2.Length || !text.All(char.IsAsciiHexDigit))
        {
            error = CommandErrors.BadInfoHash(text);
            return [];
        }

        if (TorrentId.TryParse(text, out TorrentId torrent))
            return Found(find(torrent), text, out error);
        TorrentTarget[] found = [.. All.Where(target => target.Status.InfoHash.StartsWith(text, StringComparison.OrdinalIgnoreCase))];
        int torrents = found.DistinctBy(target => target.Torrent).Count();
        if (torrents <= 1)
            return Found(found, text, out error);
        error = CommandErrors.AmbiguousInfoHash(text, torrents);
        return [];
    }

    /// <summary>The torrents with that very name; if there are none, those whose name matches. A pattern that matches nothing is not an error.</summary>
    /// <param name="name">A name, or a pattern of names.</param>
    /// <param name="error">Why there is none; null where there is one or none was promised.</param>
    public IReadOnlyList<TorrentTarget> ByName(NamePattern name, out TorrentError? error)
    {
        IReadOnlyList<TorrentTarget> found = name.Find(All, target => [target.Status.Name]);
        error = found.Count == 0 && !name.HasWildcards ? CommandErrors.NoSuchTorrent(name.Text) : null;
        return found;
    }

    /// <summary>The one that an object is about: of a status the one of which it tells, wherever its files are by now.</summary>
    /// <param name="reference">The object.</param>
    /// <param name="error">Why there is none; null where there is one.</param>
    public IReadOnlyList<TorrentTarget> ByReference(TorrentReference reference, out TorrentError? error)
    {
        IReadOnlyList<TorrentTarget> found = ByInfoHash(reference.InfoHash, out error);
        return error is null ? Found(reference.Choose(found), $"{reference.Given}", out error) : found;
    }

    private static TorrentFinder Among(Patron patron, Func<IReadOnlyList<TorrentStatus>> all, Func<TorrentId, TorrentStatus?> one) => new(
        () => [.. all().Select(status => new TorrentTarget(patron, status))],
        torrent => one(torrent) is { } status ? [new TorrentTarget(patron, status)] : []);

    private static IReadOnlyList<TorrentTarget> Found(IReadOnlyList<TorrentTarget> found, string text, out TorrentError? error)
    {
        error = found.Count == 0 ? CommandErrors.NoSuchTorrent(text) : null;
        return found;
    }
}
