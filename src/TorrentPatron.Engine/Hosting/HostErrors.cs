using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>The errors of torrent commands, each worded once.</summary>
internal static class HostErrors
{
    public static TorrentError WrongNumberOfPriorities(TorrentMetainfo metainfo, int given) => new(
        TorrentErrorId.InvalidTorrent, $"{given} file priorities were given, but '{metainfo.Name}' has {metainfo.Files.Count} files.",
        "Give one priority for each file.");

    public static TorrentError CheckInterrupted(string name) => new(
        TorrentErrorId.CheckInterrupted, $"Another command ended the check of '{name}' before it was complete.", "Check it again.");

    public static TorrentError MoveInterrupted(string name) => new(
        TorrentErrorId.MoveFailed, $"Another command ended the move of '{name}'; its files are still at the old place.", "Move it again.");

    public static TorrentError NoDestination(string destination) => new(
        TorrentErrorId.MoveFailed, $"'{DisplayText.Clean(destination)}' is not an absolute path.", "Give the folder's full path.");

    public static TorrentError NotComplete(string name) => new(
        TorrentErrorId.DataIncomplete, $"'{name}' is still being downloaded, so it cannot be switched to seeding only.",
        "Wait until it is complete, or stop it first.");

    public static TorrentError NotActive(string name) => new(
        TorrentErrorId.TorrentNotActive, $"'{name}' is not active, so it does not look for peers.", "Resume it, and try again.");

    public static TorrentError Waits(string name) => new(
        TorrentErrorId.TorrentNotActive, $"'{name}' waits in the queue, so it does not look for peers.",
        "Wait for its turn, move it to the front of the queue, or allow more active torrents.");

    public static TorrentError NoMetadata(string name) => new(
        TorrentErrorId.MetadataMissing, $"The metadata of '{name}' has not arrived yet.", "Wait for it, or supply the .torrent file.");

    public static TorrentError NoWebSeeds(string name, string engine) => new(
        TorrentErrorId.NotSupported, $"The engine {engine} does not support web seeds, so none were added to '{name}'.", "Use the built-in engine.");

    public static TorrentError MetadataTimeout(string name, TimeSpan timeout, string missing) => new(
        TorrentErrorId.MetadataTimeout, $"The metadata of '{name}' did not arrive within {timeout.TotalSeconds:0} s. {missing}",
        "Add peers or trackers, or resume it to keep waiting.");

    public static TorrentError UnusableMetadata(string name, string why) => new(
        TorrentErrorId.InvalidTorrent, $"The metadata of '{name}' has arrived, but the torrent cannot be downloaded. {why}",
        "Use another link.");

    public static TorrentError RunsAlready(string name, TorrentId other) => new(
        TorrentErrorId.TorrentInUse, $"'{name}' is already running: this link names another hash of the same torrent, {other}.",
        "Remove this one; the other continues.");

    public static TorrentError Contradictory(string name) => new(
        TorrentErrorId.InvalidTorrent,
        $"'{name}' contradicts itself: a piece matches its SHA-1 but not its SHA-256, or its padding is not all zeros (BEP 47).",
        "Use another torrent with the same content.");

    public static TorrentError TooManyLayers(string name) => new(
        TorrentErrorId.InvalidTorrent, $"The piece hashes of '{name}' are missing from its .torrent file, and there are too many to fetch from peers.",
        "Use a .torrent file that contains them.");

    public static TorrentError StateNotWritable(Exception fault) => new(
        TorrentErrorId.StateNotWritable, $"The torrent's state cannot be saved: {DisplayText.Clean(fault.Message)}",
        "Make the state folder writable, or choose another one. Until then a restart may have to check the data and fetch the metadata again.");

    /// <summary>Collects a torrent's warnings.</summary>
    /// <param name="state">The problem with the saved state.</param>
    /// <param name="saving">Why the state cannot be saved.</param>
    /// <param name="trackers">The trackers' current state.</param>
    /// <param name="isPrivate">Whether peers come only from trackers.</param>
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
            // The message decides, not the status: during a retry the last message still holds.
            if (tracker.Message is { } message)
            {
                warnings.Add(new TorrentError(
                    TorrentErrorId.TrackerFailed, $"The tracker at {tracker.Uri.Authority} says: {message}",
                    isPrivate
                        ? "The announce will be retried. A private torrent gets peers only from its trackers: check the tracker's site, or add a peer."
                        : "The announce will be retried; meanwhile the torrent uses its other sources of peers. You can add trackers or peers."));
            }
        }

        return warnings.AsReadOnly();
    }
}
