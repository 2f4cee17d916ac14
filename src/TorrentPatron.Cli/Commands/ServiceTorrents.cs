using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary>Finds the torrents of a service by a user's texts.</summary>
internal static class ServiceTorrents
{
    /// <summary>The shortest prefix of an info hash that can name a torrent.</summary>
    private const int ShortestPrefix = 4;

    /// <summary>The help of an argument for torrents.</summary>
    public const string Help = "A torrent of the service: its name, a pattern with *, ? and [a-z], or the first digits (4 or more) of its info hash.";

    /// <summary>The statuses of saved torrents, which may not run.</summary>
    /// <exception cref="IOException">The state folder cannot be read.</exception>
    public static IReadOnlyList<TorrentStatus> Saved(ISavedState states) => [.. states.Enumerate().Select(saved => saved.ReadStatus())];

    /// <summary>The torrents that the texts name, without duplicates; a text that names none is reported on the terminal.</summary>
    /// <param name="texts">Names, patterns or prefixes of info hashes; empty means all.</param>
    /// <param name="all">The torrents to search.</param>
    /// <param name="terminal">The terminal for errors.</param>
    /// <returns>The torrents, and the exit code, which is that of a failure after an error.</returns>
    public static (IReadOnlyList<TorrentStatus> Found, int ExitCode) Find(
        IReadOnlyCollection<string> texts, IReadOnlyList<TorrentStatus> all, Terminal terminal)
    {
        int exitCode = ExitCode.Done;
        IReadOnlyList<TorrentStatus> found = Find(texts, all, (_, error) =>
        {
            terminal.Fail(error);
            exitCode = ExitCode.Failed;
        });
        return (found, exitCode);
    }

    /// <summary>The torrents that the texts name, without duplicates.</summary>
    /// <param name="texts">Names, patterns or prefixes of info hashes; empty means all.</param>
    /// <param name="all">The torrents to search.</param>
    /// <param name="fail">Reports a text that names no torrent, or several by their info hashes. A pattern may name none.</param>
    public static IReadOnlyList<TorrentStatus> Find(
        IReadOnlyCollection<string> texts, IReadOnlyList<TorrentStatus> all, Action<string, TorrentError> fail)
    {
        if (texts.Count == 0)
            return all;
        var found = new OrderedDictionary<string, TorrentStatus>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            foreach (TorrentStatus status in Find(text, all, fail))
                found.TryAdd(status.InfoHash, status);
        }

        return [.. found.Values];
    }

    /// <summary>The id of a status' torrent.</summary>
    public static TorrentId IdOf(TorrentStatus status) => TorrentId.TryParse(status.InfoHash, out TorrentId torrent)
        ? torrent
        : throw new TorrentException(NotFound(status.InfoHash));

    private static IReadOnlyList<TorrentStatus> Find(string text, IReadOnlyList<TorrentStatus> all, Action<string, TorrentError> fail)
    {
        var name = new NamePattern(text);
        IReadOnlyList<TorrentStatus> named = name.Find(all, status => [status.Name]);
        if (named.Count > 0)
            return named;
        TorrentStatus[] byHash = text.Length >= ShortestPrefix && text.All(char.IsAsciiHexDigit)
            ? [.. all.Where(status => status.HasInfoHash(text))]
            : [];
        if (byHash.Length == 1)
            return byHash;
        if (byHash.Length > 1)
            fail(text, Ambiguous(text, byHash.Length));
        else if (!name.HasWildcards)
            fail(text, NotFound(text));
        return [];
    }

    private static TorrentError NotFound(string text) => new(
        TorrentErrorId.TorrentNotFound, $"The service has no torrent '{DisplayText.Clean(text)}'.", "'patron list' shows its running torrents.");

    private static TorrentError Ambiguous(string text, int count) => new(
        TorrentErrorId.TorrentNotFound, $"{count} torrents have an info hash that begins with {text}.", "Give more digits of the info hash.");
}
