using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Service.Errors;

/// <summary>The service's own errors.</summary>
internal static class ServiceErrors
{
    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.PatronStopped, "The patron has been stopped.", "Create a new patron and try again.");

    public static TorrentError ClientEnded { get; } = new(
        TorrentErrorId.Unexpected, "The engine stopped unexpectedly.", "Start the torrent again; it continues where it stopped.");

    public static TorrentError NotFound(TorrentId torrent) => new(
        TorrentErrorId.TorrentNotFound, $"No torrent {torrent} is running here.", "Get-TorrentStatus shows the running torrents.");

    public static TorrentError DataUnknown(TorrentId torrent) => new(
        TorrentErrorId.StateDamaged, $"The saved state of the torrent {torrent} cannot be read, so it is unknown which files belong to it.",
        "Remove it without its data, and delete the files by hand.");

    public static TorrentError Unrestorable(TorrentId torrent) => new(
        TorrentErrorId.StateDamaged, $"The saved state of the torrent {torrent} cannot be read, so it is unknown where its files are.",
        "Start it from its .torrent file with its destination; the data on disk is hashed again.");

    public static TorrentError BadPeer(string text, string why) => new(
        TorrentErrorId.InvalidArgument, $"'{DisplayText.Clean(text)}' is not a valid peer: {why}",
        "Give host:port, for example 192.0.2.7:6881, [2001:db8::7]:6881 or seedbox.example:6881.");

    public static TorrentError NoMagnets(string engine) => new(
        TorrentErrorId.NotSupported, $"The engine {engine} cannot start from a magnet link.",
        "Use the torrent's .torrent file, or a different engine.");

    public static TorrentError FilesUnknown(string name) => new(
        TorrentErrorId.MetadataMissing, $"The files of '{name}' are not known yet, so none can be chosen.",
        "Choose them when its metadata has arrived.");

    public static TorrentError BadTracker(string fault) => new(
        TorrentErrorId.InvalidArgument, fault, "Give the whole announce address, such as https://tracker.example/announce.");

    public static TorrentError BadWebSeed(string fault) => new(
        TorrentErrorId.InvalidArgument, fault, "Give the address of the file, or of the folder that the torrent's files are in, such as https://mirror.example/pub/.");

    public static TorrentError MetadataRests(string name) => new(
        TorrentErrorId.TorrentNotActive, $"'{name}' is suspended, so its metadata is not being fetched.", "Resume it, and try again.");

    public static TorrentError MetadataTimeout(string name, TimeSpan timeout) => new(
        TorrentErrorId.MetadataTimeout, $"The metadata of '{name}' did not arrive within {timeout.TotalSeconds:0} s. The torrent continues.",
        "Add peers or trackers, or try again.");

    public static TorrentError MetadataQueued(string name) => new(
        TorrentErrorId.MetadataTimeout, $"The metadata of '{name}' did not arrive in time: it waited in the queue, behind other downloads.",
        "Allow more active downloads, or try again later.");

    public static TorrentError SourceTimeout(string source, TimeSpan timeout) => new(
        TorrentErrorId.SourceNotReadable, $"'{source}' was not read within {timeout.TotalSeconds:0.###} s.",
        "Check that its server answers or that a program writes to the pipe, or allow more time.");

    public static TorrentError MetadataLost(TorrentId torrent) => new(
        TorrentErrorId.TorrentNotFound, $"The torrent {torrent} was stopped before its metadata arrived.", "Try again.");

    public static TorrentError NotBelowRoot(string destination, IReadOnlyCollection<string> roots) => new(
        TorrentErrorId.DestinationNotAllowed,
        $"The service is not allowed to write to '{DisplayText.Clean(destination)}'.",
        $"Choose a destination below {string.Join(" or ", roots.Take(5).Select(root => $"'{DisplayText.Clean(root)}'"))}.");

    public static TorrentError LinkBelowRoot(string destination, string link) => new(
        TorrentErrorId.DestinationNotAllowed,
        $"The path '{DisplayText.Clean(destination)}' leads through the link '{DisplayText.Clean(link)}', which the service does not follow.",
        "Choose a destination whose path has no links.");

    public static TorrentError ReuseNotBelowRoot(string folder, IReadOnlyCollection<string> roots) => new(
        TorrentErrorId.DestinationNotAllowed,
        $"The service is not allowed to reuse data from '{DisplayText.Clean(folder)}'.",
        $"Choose a folder below {string.Join(" or ", roots.Take(5).Select(root => $"'{DisplayText.Clean(root)}'"))}, with no links in its path.");

    public static TorrentError InvalidReuse(string why) => new(TorrentErrorId.InvalidArgument, why, "Give full paths of folders or files, or omit them.");

    public static TorrentError RunsWithoutReuse(string name) => new(
        TorrentErrorId.InvalidArgument,
        $"'{name}' is already running, so no data from other folders is reused.",
        "Stop it with Stop-Torrent, and start it again with the folders.");

    public static TorrentError RunsElsewhere(TorrentStatus running, string destination) => new(
        TorrentErrorId.DestinationDiffers,
        $"'{running.Name}' is already running, with its files in '{DisplayText.Clean(running.Destination)}', not in '{DisplayText.Clean(destination)}'.",
        "Move them with Set-Torrent -Destination, or omit the destination.");

    public static TorrentError SavedElsewhere(string name, string before, string destination) => new(
        TorrentErrorId.DestinationDiffers,
        $"'{name}' was saved with its files in '{DisplayText.Clean(before)}'; it starts from scratch in '{DisplayText.Clean(destination)}'.",
        "To continue with them, give that folder as the destination; Set-Torrent -Destination moves them.");

    public static TorrentError OwnFolder(string name, string destination) => new(
        TorrentErrorId.DestinationDiffers,
        $"The files of '{name}' are in '{DisplayText.Clean(destination)}' itself, but the torrent expects them in a folder below it.",
        "Use the parent of the torrent's folder as the destination.");

    public static TorrentError TrackersIgnored(string name, IReadOnlyList<string> trackers) => new(
        TorrentErrorId.NotSupported,
        $"WebTorrent trackers are not supported, so '{name}' is not announced to {MaskedAddress.OfTracker(trackers[0])}"
        + (trackers.Count == 1 ? "." : $" and {trackers.Count - 1} more."),
        "The other trackers and sources of peers still work; add a tracker with Add-TorrentTracker or --tracker.");

    public static TorrentError NotSuspended(string name) => new(
        TorrentErrorId.TorrentRuns, $"'{name}' is already running and was not suspended.", "Suspend it with Suspend-Torrent.");

    public static TorrentError NoSuchFile(string file, string name) => new(
        TorrentErrorId.FileNotFound, $"There is no file '{DisplayText.Clean(file)}' in '{name}'.", "Check the names of its files with Get-TorrentFile.");

    public static TorrentError Unexpected(Exception fault) => new(
        TorrentErrorId.Unexpected,
        $"An unexpected error occurred: {DisplayText.Clean(fault.Message)}",
        "Please report it, with the steps that led to it.");
}
