using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A torrent that is saved in a state folder but does not run.</summary>
/// <param name="Patron">A patron of the service that uses the folder.</param>
/// <param name="Saved">The saved torrent.</param>
internal sealed record SavedTarget(Patron Patron, SavedTorrent Saved)
{
    private readonly Lazy<string> _name = new(
        () => Saved.ReadMetainfo()?.Name ?? Saved.Magnet?.Name ?? Saved.TorrentId.ToString());

    /// <summary>The info hash as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash { get; } = Saved.TorrentId.ToString();

    /// <summary>The torrent's name; its info hash if neither its .torrent nor its link has a name.</summary>
    public string Name => _name.Value;

    /// <summary>Its last saved status. Reads from the disk.</summary>
    public TorrentStatus Status => Saved.ReadStatus();

    /// <summary>Its files from the saved state; none if they cannot be read or are not known yet.</summary>
    public IReadOnlyList<FileSnapshot> Files => Saved.ReadFiles();

    /// <summary>The torrents with an info hash that begins with a text; the other hashes of hybrids count if there is none.</summary>
    /// <param name="torrents">The torrents.</param>
    /// <param name="text">The text, in upper or lower case.</param>
    public static IReadOnlyList<SavedTarget> Find(IReadOnlyList<SavedTarget> torrents, string text)
    {
        if (text.Length < TorrentFinder.ShortestPrefix || !text.All(char.IsAsciiHexDigit))
            return [];
        SavedTarget[] found = [.. torrents.Where(saved => saved.InfoHash.StartsWith(text, StringComparison.OrdinalIgnoreCase))];
        // The other hash is read from the .torrent.
        return found.Length > 0 ? found : [.. torrents.Where(saved => saved.Status.HasInfoHash(text))];
    }

    /// <summary>The torrents that are saved in a patron's state folder and do not run.</summary>
    /// <param name="patron">The patron.</param>
    /// <exception cref="TorrentException">The folder cannot be read.</exception>
    public static IReadOnlyList<SavedTarget> Of(Patron patron) => Of(patron, states => states.Enumerate());

    /// <summary>A torrent that is saved in a patron's state folder and does not run.</summary>
    /// <param name="patron">The patron.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The torrent, or nothing.</returns>
    /// <exception cref="TorrentException">The folder cannot be read.</exception>
    public static IReadOnlyList<SavedTarget> Find(Patron patron, TorrentId torrent) =>
        Of(patron, states => states.Find(torrent) is { } saved ? [saved] : []);

    private static IReadOnlyList<SavedTarget> Of(Patron patron, Func<ISavedState, IReadOnlyList<SavedTorrent>> read)
    {
        try
        {
            return
            [
                .. from saved in read(patron.Service.States)
                   where patron.GetStatus(saved.TorrentId) is null
                   select new SavedTarget(patron, saved),
            ];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TorrentException(Output.CommandErrors.StateNotReadable(patron.Service.States.FolderPath, fault.Message), fault);
        }
    }
}
