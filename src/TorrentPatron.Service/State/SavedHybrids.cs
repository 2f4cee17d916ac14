using System.Text;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.State;

/// <summary>
/// Finds a saved hybrid by the hash that its folder is not named by: in <c>hybrids</c> in the state folder, a file named by that hash
/// contains the id with which the torrent is saved. So a link with only one hash finds it without a look at other torrents.
/// </summary>
/// <remarks>A note only says where to look; the torrent's own saved state decides. It may be missing or out of date.</remarks>
/// <param name="states">The state folder.</param>
internal readonly struct SavedHybrids(string states)
{
    private const string FolderName = "hybrids";

    private string FolderPath => Path.Combine(states, FolderName);

    /// <summary>Whether a torrent can be found by all its known hashes.</summary>
    /// <param name="saved">The id with which it is saved.</param>
    /// <param name="known">Its id with all known hashes.</param>
    public bool IsNoted(TorrentId saved, TorrentId known) => saved.OtherHash(known) is not { } other || Read(other) == saved;

    /// <summary>Notes the other hash of a torrent, if it is a hybrid. Failures are ignored: it is then found only by the id with which it is saved.</summary>
    /// <param name="saved">The id with which it is saved.</param>
    /// <param name="known">Its id with all known hashes.</param>
    public void Note(TorrentId saved, TorrentId known)
    {
        if (saved.OtherHash(known) is not { } other || Read(other) == saved)
            return;
        try
        {
            StateFile.MakeFolders(states, FolderPath);
            StateFile.Write(states, PathOf(other), Encoding.ASCII.GetBytes(saved.ToString()), flush: false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // See the summary.
        }
    }

    /// <summary>Deletes the note of a torrent that will no longer be saved.</summary>
    /// <param name="saved">The id with which it is saved.</param>
    /// <param name="known">Its id with all known hashes; null if unknown.</param>
    public void Forget(TorrentId saved, TorrentId? known)
    {
        if (known is { } all && saved.OtherHash(all) is { } other && Read(other) == saved)
            StateFile.TryDelete(states, PathOf(other));
    }

    /// <summary>Finds a saved torrent by its other hash.</summary>
    /// <param name="other">The hash.</param>
    /// <returns>The id with which it is saved; null if there is none.</returns>
    public TorrentId? Find(TorrentId other) =>
        Read(other) is { } saved && new SavedOrigin(Path.Combine(states, saved.ToString()), saved).KnownId is { } known && other.Matches(known)
            ? saved
            : null;

    private TorrentId? Read(TorrentId other)
    {
        string path = PathOf(other);
        try
        {
            // Most torrents have no other hash: checking for the file is cheaper than walking to it.
            return File.Exists(path) && StateFile.Read(states, path, 2 * InfoHashV2.Length) is { } note
                && TorrentId.TryParse(Encoding.ASCII.GetString(note), out TorrentId saved)
                ? saved
                : null;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string PathOf(TorrentId other) => Path.Combine(FolderPath, other.ToString());
}
