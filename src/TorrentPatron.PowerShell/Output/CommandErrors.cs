using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Commands;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.PowerShell.Output;

/// <summary>The errors that the cmdlets themselves report.</summary>
internal static class CommandErrors
{
    /// <summary>The value of a parameter is invalid.</summary>
    public const string InvalidArgument = TorrentErrorId.InvalidArgument;

    /// <summary>A file already exists and -Force was not given.</summary>
    public const string FileExists = nameof(FileExists);

    /// <summary>The session has no patron of that name.</summary>
    public const string PatronNotFound = nameof(PatronNotFound);

    /// <summary>The torrent has no such tracker.</summary>
    public const string TrackerNotFound = nameof(TrackerNotFound);

    /// <summary>The torrent has no such web seed.</summary>
    public const string WebSeedNotFound = nameof(WebSeedNotFound);

    /// <summary>A state folder cannot be read.</summary>
    public const string StateUnreadable = nameof(StateUnreadable);

    public static TorrentError NotConnected(string patron) => new(
        InvalidArgument,
        $"The patron '{DisplayText.Clean(patron)}' is not connected to a service in another process.",
        "Use Stop-TorrentPatron to stop it and the torrents that it started.");

    public static TorrentError NoSuchService(string variable, string value) => new(
        InvalidArgument,
        $"The environment variable {variable} is '{DisplayText.Clean(value)}': expected 'shared'.",
        "Set it to 'shared' to use the user's service, or remove it to run torrents in the session itself.");

    public static TorrentError NotShared(TorrentError why, string variable) => why with
    {
        Remedy = $"{why.Remedy} This session uses the service because {variable} is 'shared'; without that variable torrents run in the session itself.",
    };

    public static TorrentError MachineNotStarted { get; } = new(
        InvalidArgument,
        "-StartIfNeeded starts the user's own service, not the machine's.",
        "Omit -StartIfNeeded. An administrator starts the machine's service.");

    public static TorrentError OneDefault { get; } = new(
        InvalidArgument,
        "A session has one default patron, but more than one was given.",
        "Use -Default with a single patron.");

    public static TorrentError NoShell { get; } = new(
        TorrentErrorId.NotSupported,
        "This program hosts PowerShell without pwsh, so it cannot start another PowerShell for the service.",
        "Run Start-TorrentService in pwsh, or 'patron service'.");

    public static TorrentError ServiceRuns { get; } = new(
        TorrentErrorId.ServiceRunning,
        "A service is already running at this address.",
        "Connect to it with Connect-TorrentPatron, or stop it with Stop-TorrentService.");

    public static TorrentError NoService(string address) => new(
        TorrentErrorId.ServiceUnavailable,
        $"No service runs at '{DisplayText.Clean(address)}'.",
        "Start one with Start-TorrentService.");

    public static TorrentError NoServiceManager(string why) => new(
        TorrentErrorId.NotSupported,
        $"systemd cannot run services for this user: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Start the service in the background with Start-TorrentService, or at each boot with cron (@reboot). With -Destination this command only writes the files.");

    public static TorrentError ServiceInstalled(string path) => new(
        FileExists,
        $"The service is already installed: '{DisplayText.Clean(path)}'.",
        "Replace it with -Force, or remove it with Uninstall-TorrentService.");

    public static TorrentError NotInstalled(string folder) => new(
        TorrentErrorId.ServiceUnavailable,
        $"No service is installed in '{DisplayText.Clean(folder)}'.",
        "Install one with Install-TorrentService, or stop one that is not installed with Stop-TorrentService.");

    public static TorrentError UnitNotWritable(string path, string why) => new(
        TorrentErrorId.DestinationNotWritable,
        $"'{DisplayText.Clean(path)}' cannot be written: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Installing the machine's service needs root (an administrator on Windows); your own service needs no special rights.");

    public static TorrentError SecretInUnit(string parameter) => new(
        InvalidArgument,
        $"-{parameter} cannot be part of an installed service: every user can read the installed command.",
        "Omit it, and set it on the running service with Set-TorrentPatron.");

    public static TorrentError OnDemandOnly { get; } = new(
        TorrentErrorId.NotSupported,
        "Only systemd starts a service when a client connects.",
        "Omit -OnDemand.");

    public static TorrentError RootNeeded { get; } = new(
        InvalidArgument,
        "The machine's service needs the folders below which torrents may be stored.",
        "Give them with -Root.");

    public static TorrentError ToolFailed(string program, IEnumerable<string> arguments, string why) => new(
        TorrentErrorId.ServiceUnavailable,
        $"'{program} {DisplayText.Clean(string.Join(' ', arguments))}' failed: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Run it by hand to see more. The journal has the service's messages (journalctl -u torrentpatron, or journalctl --user -u torrentpatron for your own service).");

    public static TorrentError ServiceNotStarted(string why) => new(
        TorrentErrorId.ServiceUnavailable,
        $"The service could not be started: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Run Start-TorrentService -Foreground to see more.");

    public static TorrentError NoClosedPeers(TorrentStatus torrent) => new(
        TorrentErrorId.NotSupported,
        $"The engine that runs '{torrent.Name}' does not record which peers have left.",
        "Omit -Recent, or use the built-in engine.");

    public static TorrentError NoSuchPath(string path) => new(
        TorrentErrorId.SourceNotReadable,
        $"'{DisplayText.Clean(path)}' does not exist.",
        "Check the path.");

    public static TorrentError InfoHashAsPath(string text) => new(
        TorrentErrorId.SourceNotReadable,
        $"'{DisplayText.Clean(text)}' does not exist.",
        "It looks like an info hash: give it to -InfoHash.");

    public static TorrentError OnlyLink { get; } = new(
        TorrentErrorId.UnsupportedSource,
        "A magnet link does not contain the torrent's metadata.",
        "Use Save-TorrentMetadata to fetch it from peers and write a .torrent file, or Start-Torrent to start the link.");

    public static TorrentError NoValue(string parameter) => new(
        InvalidArgument,
        $"-{parameter} was given without a value.",
        "Give it a value, or omit it.");

    public static TorrentError NotFileSystem(string path) => new(
        TorrentErrorId.UnsupportedSource,
        $"'{DisplayText.Clean(path)}' is not in the file system.",
        "Give the path of a file or folder on a disk.");

    public static TorrentError BadPath(string path, Exception fault) => new(
        TorrentErrorId.SourceNotReadable,
        $"'{DisplayText.Clean(path)}' is not a usable path: {DisplayText.Clean(fault.Message)}",
        "Check the path.");

    public static TorrentError BadAddress(string address) => new(
        TorrentErrorId.UnsupportedSource,
        $"'{DisplayText.Clean(address)}' is not a complete address.",
        "Give the whole address, beginning with https:// or http://.");

    public static TorrentError BadInfoHash(string text) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' is not an info hash.",
        "Give at least the first four of its 40 hexadecimal digits (64 of a v2 hash). Get-TorrentStatus shows the info hashes of the running torrents.");

    public static TorrentError AmbiguousInfoHash(string text, int torrents) => new(
        InvalidArgument,
        $"The info hashes of {torrents} torrents begin with '{DisplayText.Clean(text)}'.",
        "Give more of its digits.");

    public static TorrentError NoSuchTorrent(string text) => new(
        TorrentErrorId.TorrentNotFound,
        $"No torrent '{DisplayText.Clean(text)}' is running in this session.",
        text switch
        {
            _ when TorrentId.TryParse(text, out _) => "It looks like an info hash: give it to -InfoHash.",
            _ when text.EndsWith(".torrent", StringComparison.OrdinalIgnoreCase) =>
                "It looks like a .torrent file: Get-TorrentInfo shows its contents, Start-Torrent starts it.",
            _ when MagnetLink.IsMagnet(text) => "It looks like a magnet link: Start-Torrent starts it.",
            _ => "Get-TorrentStatus shows the running torrents; Start-Torrent starts one.",
        });

    public static TorrentError NoSuchFile(object given, NameSearch among) => new(
        TorrentErrorId.FileNotFound,
        given is int place ? $"There is no file {place} in {among}." : $"There is no file '{DisplayText.Clean($"{given}")}' in {among}.",
        "Get-TorrentFile shows the files with their names and indexes.");

    public static TorrentError NoSuchTracker(object given, NameSearch among) => new(
        TrackerNotFound,
        $"There is no tracker '{DisplayText.Clean($"{given}")}' in {among}.",
        "Get-TorrentTracker shows a torrent's trackers; Add-TorrentTracker adds one.");

    public static TorrentError AmbiguousTracker(string text, int trackers, TorrentStatus torrent) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' matches {trackers} trackers of '{torrent.Name}', which differ in their keys.",
        "Give the whole address, as in the Uri property of Get-TorrentTracker's output, or pipe that output to Remove-TorrentTracker.");

    public static TorrentError NoSuchWebSeed(object given, NameSearch among) => new(
        WebSeedNotFound,
        $"There is no web seed '{DisplayText.Clean($"{given}")}' in {among}.",
        "Get-TorrentWebSeed shows a torrent's web seeds; Add-TorrentWebSeed adds one.");

    public static TorrentError AmbiguousWebSeed(string text, int webSeeds, TorrentStatus torrent) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' matches {webSeeds} web seeds of '{torrent.Name}', which differ in their passwords or keys.",
        "Give the whole address, as in the Uri property of Get-TorrentWebSeed's output, or pipe that output to Remove-TorrentWebSeed.");

    public static TorrentError StateNotReadable(string folder, string why) => new(
        StateUnreadable,
        $"The state folder '{DisplayText.Clean(folder)}' cannot be read: {DisplayText.Clean(why)}",
        "Give this user the right to read it, or choose another with -StatePath.");

    public static TorrentError NoFilesYet(TorrentStatus status) => new(
        TorrentErrorId.MetadataMissing,
        $"The files of '{status.Name}' are not known yet.",
        "Wait for them with Wait-Torrent -Until Metadata.");

    public static TorrentError NoTorrentFileYet(string name) => new(
        TorrentErrorId.MetadataMissing,
        $"The metadata of '{name}' is not known yet, so it has no .torrent file.",
        "Wait for it with Wait-Torrent -Until Metadata, or fetch it with Save-TorrentMetadata.");

    public static TorrentError NotSaved(string text) => new(
        TorrentErrorId.TorrentNotFound,
        $"No torrent '{DisplayText.Clean(text)}' is saved in the state folder.",
        "Get-TorrentStatus -Saved shows the saved torrents; for another folder use a patron with -StatePath.");

    public static TorrentError NoSuchHook(string name) => new(
        TorrentErrorId.HookNotFound, $"There is no hook '{DisplayText.Clean(name)}'.", "Get-TorrentHook shows the registered hooks.");

    public static TorrentError NoSuchPatron(string name) => new(
        PatronNotFound,
        $"This session has no patron '{DisplayText.Clean(name)}'.",
        "Get-TorrentPatron shows its patrons; New-TorrentPatron makes one.");

    public static TorrentError BadTracker(string fault) => new(
        InvalidArgument,
        fault,
        "Give the whole announce address, such as https://tracker.example/announce.");

    public static TorrentError BadWebSeed(string fault) => new(
        InvalidArgument,
        fault,
        "Give the address of the file, or of the folder that the torrent's files are in, such as https://mirror.example/pub/.");

    public static TorrentError FileIsThere(string file) => new(
        FileExists,
        $"'{DisplayText.Clean(file)}' already exists.",
        "Choose another -Destination, or use -Force to replace the file.");

    public static TorrentError NotWritable(string file, string why) => new(
        TorrentErrorId.DestinationNotWritable,
        $"'{DisplayText.Clean(file)}' cannot be written: {DisplayText.Clean(why)}",
        "Choose a -Destination in a folder that exists and that this user can write to.");

    public static TorrentError NoTorrent(string why) => new(
        InvalidArgument,
        why,
        "Correct what the message names. Without -PieceLength, New-TorrentFile chooses the piece length.");

    public static TorrentError SuspendedWait { get; } = new(
        InvalidArgument,
        "-Suspended and -Wait contradict each other: a suspended torrent never completes.",
        "Omit one of them.");

    public static TorrentError NothingToReuse(string path) => new(
        TorrentErrorId.SourceNotReadable, $"'{DisplayText.Clean(path)}' does not exist, so its data cannot be reused.", "Give -Reuse an existing folder or file.");

    public static TorrentError Unforeseen(Exception fault) => new(
        TorrentErrorId.Unexpected,
        $"An unexpected error occurred: {DisplayText.Clean(fault.Message)}",
        "Please report it, with the steps that led to it.");

    public static TorrentError ActionAndForward { get; } = new(
        InvalidArgument,
        "-Action and -Forward contradict each other: the session that receives the events handles them.",
        "Omit one of them.");

    public static TorrentError SubscriberExists(string name) => new(
        InvalidArgument,
        $"There already is a subscription '{DisplayText.Clean(name)}'.",
        "Give another -SourceIdentifier, or end the other subscription with Unregister-Event.");

    public static TorrentError TimeoutReached(TorrentStatus status, WaitOptions waitOptions) => new(
        TorrentErrorId.TimeoutReached,
        $"'{status.Name}' was not {Goal(waitOptions.Until)} after {HumanText.Duration(waitOptions.Timeout)}: {Standing(status)}.{StallCauses.Describe(status)}",
        status.State == TorrentState.Queued
            ? "Move it to the front with Set-Torrent -QueuePosition 1, allow more active torrents with Set-TorrentPatron, or wait again with Wait-Torrent."
            : "The torrent continues. Wait again with Wait-Torrent, or stop it with Stop-Torrent.");

    public static TorrentError Stalled(TorrentStatus status, TimeSpan longest) => status.Metadata is { } metadata
        ? new TorrentError(
            TorrentErrorId.MetadataTimeout,
            $"The metadata of '{status.Name}' did not arrive within {HumanText.Duration(longest)}. {metadata.Missing}{StallCauses.Describe(status)}",
            "The torrent continues. Give it a peer with Add-TorrentPeer or a tracker with Add-TorrentTracker, or stop it with Stop-Torrent.")
        : new TorrentError(
            TorrentErrorId.TorrentStalled,
            $"'{status.Name}' has received nothing for {HumanText.Duration(longest)}: {Standing(status)}.{StallCauses.Describe(status)}",
            "The torrent continues. Give it a peer with Add-TorrentPeer or a tracker with Add-TorrentTracker, or stop it with Stop-Torrent.");

    public static TorrentError NoSeedGoal(TorrentStatus status) => new(
        InvalidArgument,
        $"'{status.Name}' has no seed goal, so it never stops seeding.",
        "Set one with Set-Torrent -SeedRatio or -SeedTime.");

    public static TorrentError StoppedMeanwhile(TorrentStatus status) => new(
        TorrentErrorId.PatronStopped,
        $"'{status.Name}' was stopped before it was complete.",
        "Start it again with Start-Torrent; it continues where it stopped.");

    private static string Standing(TorrentStatus status) =>
        $"{status.State}, {HumanText.Percent(status.PercentComplete)} %, {HumanText.Peers(status.ConnectedPeers)}";

    private static string Goal(IReadOnlyList<TorrentMilestone> milestones) => string.Join(" or ", milestones.Select(milestone => milestone switch
    {
        TorrentMilestone.Metadata => "known",
        TorrentMilestone.Completed => "complete",
        TorrentMilestone.SeedGoal => "at its seed goal",
        _ => "stopped",
    }));
}
