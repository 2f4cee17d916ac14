using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Finds the running torrents that a user names.</summary>
/// <param name="running">Lists the running torrents.</param>
/// <param name="find">Finds running torrents by info hash, without a look at thousands of others.</param>
internal sealed class TorrentFinder(Func<IReadOnlyList<TorrentTarget>> running, Func<TorrentId, IReadOnlyList<TorrentTarget>> find)
{
    /// <summary>Creates a finder among given torrents.</summary>
    /// <param name="running">The torrents.</param>
    public TorrentFinder(IReadOnlyList<TorrentTarget> running)
        : this(() => running, torrent => [.. running.Where(target => target.Status.HasInfoHash(torrent.ToString()))])
    {
    }

    /// <summary>The shortest prefix of an info hash that can name a torrent.</summary>
    public const int ShortestPrefix = 4;

    /// <summary>All running torrents.</summary>
    public IReadOnlyList<TorrentTarget> All => running();

    /// <summary>Finds among a patron's own torrents, or all of the session's.</summary>
    /// <param name="patron">The patron; null means all.</param>
    /// <param name="session">The session.</param>
    public static TorrentFinder Among(Patron? patron, SessionPatrons session) => patron is null
        ? new TorrentFinder(() => session.Torrents, session.Find)
        : Among(patron, () => patron.OwnStatuses, patron.GetOwnStatus);

    /// <summary>Finds among all torrents of a patron's service, or all of the session's.</summary>
    /// <param name="patron">The patron; null means all.</param>
    /// <param name="session">The session.</param>
    public static TorrentFinder AmongAll(Patron? patron, SessionPatrons session) => patron is null
        ? Among(patron, session)
        : Among(patron, () => patron.Statuses, patron.GetStatus);

    /// <summary>The torrents with an info hash: several if several services run the same torrent.</summary>
    /// <param name="text">The info hash (of a hybrid either one) or at least its first four digits, in upper or lower case.</param>
    /// <param name="error">Why none was found or the prefix is ambiguous; otherwise null.</param>
    public IReadOnlyList<TorrentTarget> ByInfoHash(string text, out TorrentError? error)
    {
        if (text.Length is < ShortestPrefix or > 2 * InfoHashV2.Length || !text.All(char.IsAsciiHexDigit))
        {
            error = CommandErrors.BadInfoHash(text);
            return [];
        }

        if (TorrentId.TryParse(text, out TorrentId torrent))
            return Found(find(torrent), text, out error);
        TorrentTarget[] found = [.. All.Where(target => target.Status.HasInfoHash(text))];
        int torrents = found.DistinctBy(target => target.Torrent).Count();
        if (torrents <= 1)
            return Found(found, text, out error);
        error = CommandErrors.AmbiguousInfoHash(text, torrents);
        return [];
    }

    /// <summary>The torrents with exactly that name, or else those that match the pattern. A pattern that matches nothing is not an error.</summary>
    /// <param name="name">A name or a pattern.</param>
    /// <param name="error">Why none was found; null if one was found or the name is a pattern.</param>
    public IReadOnlyList<TorrentTarget> ByName(NamePattern name, out TorrentError? error)
    {
        IReadOnlyList<TorrentTarget> found = name.Find(All, target => [target.Status.Name]);
        error = found.Count == 0 && !name.HasWildcards ? CommandErrors.NoSuchTorrent(name.Text) : null;
        return found;
    }

    /// <summary>The torrent that an object refers to; a status refers to the same torrent even after a move of its files.</summary>
    /// <param name="reference">The object.</param>
    /// <param name="error">Why none was found; otherwise null.</param>
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
