using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Why a torrent cannot do what it is told, each worded once.</summary>
internal static class HostErrors
{
    public static TorrentError WrongNumberOfPriorities(TorrentMetainfo metainfo, int given) => new(
        TorrentErrorId.InvalidTorrent, $"Priorities were given for {given} files, but '{metainfo.Name}' has {metainfo.Files.Count}.",
        "Give one priority for each file.");

    public static TorrentError CheckInterrupted(string name) => new(
        TorrentErrorId.CheckInterrupted, $"The check of '{name}' was ended by another command before it was over.", "Check it again.");

    public static TorrentError MoveInterrupted(string name) => new(
        TorrentErrorId.MoveFailed, $"The move of '{name}' was ended by another command; its files are where they were.", "Move it again.");

    public static TorrentError NoDestination(string destination) => new(
        TorrentErrorId.MoveFailed, $"'{DisplayText.Clean(destination)}' is no absolute path of a folder.", "Give the folder's full path.");

    public static TorrentError NotComplete(string name) => new(
        TorrentErrorId.DataIncomplete, $"'{name}' is not complete and is being downloaded, so it cannot be seeded only.",
        "Wait until it is complete, or stop it first.");

    public static TorrentError NotActive(string name) => new(
        TorrentErrorId.TorrentNotActive, $"'{name}' does not run just now, so it asks nobody.", "Resume it, and ask again.");

    public static TorrentError NoMetadata(string name) => new(
        TorrentErrorId.MetadataMissing, $"What is in '{name}' is not known yet.", "Wait for its metadata, or give it its .torrent.");

    public static TorrentError NoWebSeeds(string name, string engine) => new(
        TorrentErrorId.NotSupported, $"The engine {engine} fetches nothing from web seeds: '{name}' gets none.", "Use the built-in engine.");

    public static TorrentError MetadataTimeout(string name, TimeSpan timeout, string missing) => new(
        TorrentErrorId.MetadataTimeout, $"The metadata of '{name}' did not come within {timeout.TotalSeconds:0} s. {missing}",
        "Add peers or trackers, or resume it to go on waiting.");

    public static TorrentError UnusableMetadata(string name, string why) => new(
        TorrentErrorId.InvalidTorrent, $"The metadata of '{name}' is here, but it is no torrent that can be downloaded. {why}",
        "Use another link.");

    public static TorrentError RunsAlready(string name, TorrentId other) => new(
        TorrentErrorId.TorrentInUse, $"'{name}' runs already: this link names another hash of the same torrent, {other}.",
        "Remove this one: the other goes on.");

    public static TorrentError Contradictory(string name) => new(
        TorrentErrorId.InvalidTorrent,
        $"'{name}' contradicts itself: a piece has the SHA-1 that it should have, but another SHA-256, or padding that is not zeros (BEP 47).",
        "Use another torrent of the same content.");

    public static TorrentError TooManyLayers(string name) => new(
        TorrentErrorId.InvalidTorrent, $"The piece hashes of '{name}' are not in its .torrent file, and they are more than are taken from peers.",
        "Use a .torrent file that has them.");

    public static TorrentError StateNotWritable(Exception fault) => new(
        TorrentErrorId.StateNotWritable, $"The torrent's state cannot be saved: {DisplayText.Clean(fault.Message)}",
        "Make the state folder writable, or choose another one; until then progress may be checked, and metadata fetched, anew after a restart.");

    /// <summary>What does not stop a torrent but may want attention.</summary>
    /// <param name="state">What was wrong with the saved state.</param>
    /// <param name="saving">Why the state cannot be saved.</param>
    /// <param name="trackers">The trackers as they are now.</param>
    /// <param name="isPrivate">Whether peers come from the trackers only.</param>
    public static ReadOnlyCollection<TorrentError> Warnings(
        TorrentError? state, TorrentError? saving, IReadOnlyList<TrackerSnapshot> trackers, bool isPrivate)
    {
        var warnings = new List<TorrentError>();
        if (state is not null)
            warnings.Add(state);
        if (saving is not null)
            warnings.Add(saving);
        foreach (TrackerSnapshot tracker in trackers)
        {
            // Not by its status: while it is asked again, what it said last still stands.
            if (tracker.Message is { } message)
            {
                warnings.Add(new TorrentError(
                    TorrentErrorId.TrackerFailed, $"The tracker at {tracker.Uri.Authority} says: {message}",
                    isPrivate
                        ? "It is asked again. A private torrent has no source of peers but its trackers: look at the tracker's site, or add a peer."
                        : "It is asked again; until then peers come from elsewhere, where they can. More trackers or peers can be added."));
            }
        }

        return warnings.AsReadOnly();
    }
}
