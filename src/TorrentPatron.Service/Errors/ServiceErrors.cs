using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Service.Errors;

/// <summary>The service's own failures, each worded once.</summary>
internal static class ServiceErrors
{
    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.PatronStopped, "The patron has been stopped.", "Make a new patron and ask again.");

    public static TorrentError ClientEnded { get; } = new(
        TorrentErrorId.Unexpected, "The engine ended by itself.", "Start the torrent again; it goes on where it was.");

    public static TorrentError NotFound(TorrentId torrent) => new(
        TorrentErrorId.TorrentNotFound, $"No torrent {torrent} runs here.", "Ask for the statuses to see which torrents run.");

    public static TorrentError DataUnknown(TorrentId torrent) => new(
        TorrentErrorId.StateDamaged, $"What was saved of the torrent {torrent} cannot be read, so it is not known which files are its own.",
        "Remove it without its data, and delete the files by hand.");

    public static TorrentError Unrestorable(TorrentId torrent) => new(
        TorrentErrorId.StateDamaged, $"What was saved of the torrent {torrent} cannot be read, so it is not known where it lies.",
        "Start it from its .torrent with its destination: what is on disk is hashed again.");

    public static TorrentError BadPeer(string text, string why) => new(
        TorrentErrorId.InvalidArgument, $"'{DisplayText.Clean(text)}' is not a usable peer: {why}",
        "Give host:port, for example 192.0.2.7:6881, [2001:db8::7]:6881 or seedbox.example:6881.");

    public static TorrentError NoMagnets(string engine) => new(
        TorrentErrorId.NotSupported, $"The engine {engine} cannot start from a magnet link.",
        "Use the .torrent file of the same torrent, or another engine.");

    public static TorrentError FilesUnknown(string name) => new(
        TorrentErrorId.MetadataMissing, $"Which files '{name}' has is not known yet, so none can be chosen.",
        "Choose them when its metadata is here.");

    public static TorrentError BadTracker(string fault) => new(
        TorrentErrorId.InvalidArgument, fault, "Give the whole announce address, such as https://tracker.example/announce.");

    public static TorrentError BadWebSeed(string fault) => new(
        TorrentErrorId.InvalidArgument, fault, "Give the address of the file, or of the folder that the torrent's files are in, such as https://mirror.example/pub/.");

    public static TorrentError MetadataRests(string name) => new(
        TorrentErrorId.TorrentNotActive, $"'{name}' is suspended, so nobody is asked for its metadata.", "Resume it, and ask again.");

    public static TorrentError MetadataTimeout(string name, TimeSpan timeout) => new(
        TorrentErrorId.MetadataTimeout, $"The metadata of '{name}' did not come within {timeout.TotalSeconds:0} s. It runs on.",
        "Add peers or trackers, or ask again.");

    public static TorrentError SourceTimeout(string source, TimeSpan timeout) => new(
        TorrentErrorId.SourceNotReadable, $"'{source}' was not read within {timeout.TotalSeconds:0.###} s.",
        "Check that its server answers, or that somebody writes to the pipe, or wait longer.");

    public static TorrentError MetadataLost(TorrentId torrent) => new(
        TorrentErrorId.TorrentNotFound, $"The torrent {torrent} was stopped before its metadata was here.", "Ask again.");

    public static TorrentError NotBelowRoot(string destination, IReadOnlyCollection<string> roots) => new(
        TorrentErrorId.DestinationNotAllowed,
        $"The service may not write to '{DisplayText.Clean(destination)}'.",
        $"Choose a destination below {string.Join(" or ", roots.Take(5).Select(root => $"'{DisplayText.Clean(root)}'"))}.");

    public static TorrentError LinkBelowRoot(string destination, string link) => new(
        TorrentErrorId.DestinationNotAllowed,
        $"The way to '{DisplayText.Clean(destination)}' leads through the link '{DisplayText.Clean(link)}', which the service does not follow.",
        "Choose a destination without links on the way.");

    public static TorrentError ReuseNotBelowRoot(string folder, IReadOnlyCollection<string> roots) => new(
        TorrentErrorId.DestinationNotAllowed,
        $"The service takes no data from '{DisplayText.Clean(folder)}'.",
        $"Choose a folder below {string.Join(" or ", roots.Take(5).Select(root => $"'{DisplayText.Clean(root)}'"))}, without links on the way.");

    public static TorrentError InvalidReuse(string why) => new(TorrentErrorId.InvalidArgument, why, "Give full paths of folders or files, or leave them out.");

    public static TorrentError RunsWithoutReuse(string name) => new(
        TorrentErrorId.InvalidArgument,
        $"'{name}' runs already: no data is taken over from other folders.",
        "Stop it with Stop-Torrent, and start it again with the folders.");

    public static TorrentError RunsElsewhere(TorrentStatus running, string destination) => new(
        TorrentErrorId.DestinationDiffers,
        $"'{running.Name}' runs already, with its files in '{DisplayText.Clean(running.Destination)}', not in '{DisplayText.Clean(destination)}'.",
        "Move them with Set-Torrent -Destination, or leave the destination out.");

    public static TorrentError SavedElsewhere(string name, string before, string destination) => new(
        TorrentErrorId.DestinationDiffers,
        $"'{name}' was saved with its files in '{DisplayText.Clean(before)}'; it begins anew in '{DisplayText.Clean(destination)}'.",
        "Give that folder as its destination to go on with them; Set-Torrent -Destination moves them.");

    public static TorrentError OwnFolder(string name, string destination) => new(
        TorrentErrorId.DestinationDiffers,
        $"The files of '{name}' lie in '{DisplayText.Clean(destination)}' itself, so they are looked for one folder below, in vain.",
        "Give the folder that holds the torrent's folder as the destination.");

    public static TorrentError TrackersIgnored(string name, IReadOnlyList<string> trackers) => new(
        TorrentErrorId.NotSupported,
        $"Trackers of browsers (WebTorrent) are not supported, so that '{name}' is not announced to {MaskedAddress.OfTracker(trackers[0])}"
        + (trackers.Count == 1 ? "." : $" and {trackers.Count - 1} more."),
        "Its other trackers are asked, and peers are found without them; Add-TorrentTracker or --tracker adds one.");

    public static TorrentError NotSuspended(string name) => new(
        TorrentErrorId.TorrentRuns, $"'{name}' runs already, and was not suspended.", "Suspend-Torrent suspends it.");

    public static TorrentError NoSuchFile(string file, string name) => new(
        TorrentErrorId.FileNotFound, $"There is no file '{DisplayText.Clean(file)}' in '{name}'.", "Look at the names of its files.");

    public static TorrentError Unexpected(Exception fault) => new(
        TorrentErrorId.Unexpected,
        $"Something unforeseen happened: {DisplayText.Clean(fault.Message)}",
        "Please report it, with what led to it.");
}
