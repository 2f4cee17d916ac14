using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Commands;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.PowerShell.Output;

/// <summary>The failures that are the cmdlets' own, each worded once.</summary>
internal static class CommandErrors
{
    /// <summary>What was given to a parameter makes no sense.</summary>
    public const string InvalidArgument = TorrentErrorId.InvalidArgument;

    /// <summary>A file is there already and was not to be replaced.</summary>
    public const string FileExists = nameof(FileExists);

    /// <summary>No patron of that name.</summary>
    public const string PatronNotFound = nameof(PatronNotFound);

    /// <summary>The torrent has no such tracker.</summary>
    public const string TrackerNotFound = nameof(TrackerNotFound);

    /// <summary>The torrent has no such web seed.</summary>
    public const string WebSeedNotFound = nameof(WebSeedNotFound);

    /// <summary>A state folder cannot be read.</summary>
    public const string StateUnreadable = nameof(StateUnreadable);

    public static TorrentError NotConnected(string patron) => new(
        InvalidArgument,
        $"The patron '{DisplayText.Clean(patron)}' is not connected to a service of another process.",
        "Stop-TorrentPatron stops it, and the torrents that it started.");

    public static TorrentError NoSuchService(string variable, string value) => new(
        InvalidArgument,
        $"The environment variable {variable} is '{DisplayText.Clean(value)}', which names no service.",
        "Set it to 'shared' for the user's service, or remove it: then torrents run in the session itself.");

    public static TorrentError NotShared(TorrentError why, string variable) => why with
    {
        Remedy = $"{why.Remedy} {variable}=shared has this session use that service; without the variable torrents run in the session itself.",
    };

    public static TorrentError MachineNotStarted { get; } = new(
        InvalidArgument,
        "-StartIfNeeded starts the user's own service, not the machine's.",
        "Leave -StartIfNeeded out; an administrator starts the machine's service.");

    public static TorrentError OneDefault { get; } = new(
        InvalidArgument,
        "A session has one default patron, and more than one was given.",
        "Give -Default to one patron.");

    public static TorrentError NoShell { get; } = new(
        TorrentErrorId.NotSupported,
        "This program hosts PowerShell without pwsh, so that no other PowerShell can be started for the service.",
        "Run Start-TorrentService in pwsh, or 'patron service'.");

    public static TorrentError ServiceRuns { get; } = new(
        TorrentErrorId.ServiceRunning,
        "A service runs already in this place.",
        "Connect to it with Connect-TorrentPatron, or end it with Stop-TorrentService.");

    public static TorrentError NoService(string address) => new(
        TorrentErrorId.ServiceUnavailable,
        $"No service runs at '{DisplayText.Clean(address)}'.",
        "Start one with Start-TorrentService.");

    public static TorrentError NoServiceManager(string why) => new(
        TorrentErrorId.NotSupported,
        $"No systemd runs services for this user here: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Start-TorrentService starts the service in the background; cron does so at each start of the system (@reboot). With -Destination the files are only written.");

    public static TorrentError ServiceInstalled(string path) => new(
        FileExists,
        $"The service is installed already: '{DisplayText.Clean(path)}'.",
        "Replace it with -Force, or remove it with Uninstall-TorrentService.");

    public static TorrentError NotInstalled(string folder) => new(
        TorrentErrorId.ServiceUnavailable,
        $"No service is installed in '{DisplayText.Clean(folder)}'.",
        "Install-TorrentService installs one; Stop-TorrentService ends one that is not installed.");

    public static TorrentError UnitNotWritable(string path, string why) => new(
        TorrentErrorId.DestinationNotWritable,
        $"'{DisplayText.Clean(path)}' cannot be written: {DisplayText.Clean(why).TrimEnd('.')}.",
        "The machine's service is installed by root (an administrator on Windows); a service of your own needs no rights.");

    public static TorrentError SecretInUnit(string parameter) => new(
        InvalidArgument,
        $"-{parameter} cannot be installed: all users may read what the system runs.",
        "Leave it out, and give it with Set-TorrentPatron to the service that runs.");

    public static TorrentError OnDemandOnly { get; } = new(
        TorrentErrorId.NotSupported,
        "Only systemd starts a service when a client connects.",
        "Leave -OnDemand out.");

    public static TorrentError RootNeeded { get; } = new(
        InvalidArgument,
        "The machine's service needs to know below which folders torrents may lie.",
        "Give them by -Root.");

    public static TorrentError ToolFailed(string program, IEnumerable<string> arguments, string why) => new(
        TorrentErrorId.ServiceUnavailable,
        $"'{program} {DisplayText.Clean(string.Join(' ', arguments))}' failed: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Run it by hand to see more; the journal has what the service told (journalctl -u torrentpatron, of a user's own service journalctl --user -u torrentpatron).");

    public static TorrentError ServiceNotStarted(string why) => new(
        TorrentErrorId.ServiceUnavailable,
        $"The service could not be started: {DisplayText.Clean(why).TrimEnd('.')}.",
        "Start-TorrentService -Foreground shows more of what happens.");

    public static TorrentError NoClosedPeers(TorrentStatus torrent) => new(
        TorrentErrorId.NotSupported,
        $"The engine that runs '{torrent.Name}' does not say which of its peers have left.",
        "Leave -Recent out, or use the built-in engine.");

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
        "A magnet link does not say what is in the torrent.",
        "Save-TorrentMetadata has peers say it and writes the .torrent; Start-Torrent starts the link.");

    public static TorrentError NoValue(string parameter) => new(
        InvalidArgument,
        $"-{parameter} was given without a value.",
        "Give it a value, or leave it out.");

    public static TorrentError NotFileSystem(string path) => new(
        TorrentErrorId.UnsupportedSource,
        $"'{DisplayText.Clean(path)}' is not in the file system.",
        "Give the path of a file or folder on a disk.");

    public static TorrentError BadPath(string path, Exception fault) => new(
        TorrentErrorId.SourceNotReadable,
        $"'{DisplayText.Clean(path)}' is no usable path: {DisplayText.Clean(fault.Message)}",
        "Check the path.");

    public static TorrentError BadAddress(string address) => new(
        TorrentErrorId.UnsupportedSource,
        $"'{DisplayText.Clean(address)}' is no complete address.",
        "Give the whole address, beginning with https:// or http://.");

    public static TorrentError BadInfoHash(string text) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' is not an info hash.",
        "An info hash has 40 hexadecimal digits, or 64 where the torrent is of version 2 alone, of which four or more must be given; Get-TorrentStatus shows those of the torrents that run.");

    public static TorrentError AmbiguousInfoHash(string text, int torrents) => new(
        InvalidArgument,
        $"The info hashes of {torrents} torrents begin with '{DisplayText.Clean(text)}'.",
        "Give more of its digits.");

    public static TorrentError NoSuchTorrent(string text) => new(
        TorrentErrorId.TorrentNotFound,
        $"No torrent '{DisplayText.Clean(text)}' runs in this session.",
        text switch
        {
            _ when TorrentId.TryParse(text, out _) => "It looks like an info hash: give it to -InfoHash.",
            _ when text.EndsWith(".torrent", StringComparison.OrdinalIgnoreCase) =>
                "It looks like a .torrent file: Get-TorrentInfo shows what is in it, Start-Torrent starts it.",
            _ when MagnetLink.IsMagnet(text) => "It looks like a magnet link: Start-Torrent starts it.",
            _ => "Get-TorrentStatus shows the torrents that run; Start-Torrent starts one.",
        });

    public static TorrentError NoSuchFile(object given, NameSearch among) => new(
        TorrentErrorId.FileNotFound,
        given is int place ? $"There is no file {place} in {among}." : $"There is no file '{DisplayText.Clean($"{given}")}' in {among}.",
        "Get-TorrentFile shows the files with their names and indexes.");

    public static TorrentError NoSuchTracker(object given, NameSearch among) => new(
        TrackerNotFound,
        $"There is no tracker '{DisplayText.Clean($"{given}")}' of {among}.",
        "Get-TorrentTracker shows a torrent's trackers; Add-TorrentTracker adds one.");

    public static TorrentError AmbiguousTracker(string text, int trackers, TorrentStatus torrent) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' stands for {trackers} trackers of '{torrent.Name}', which differ in their keys.",
        "Give the whole address, as the Uri of Get-TorrentTracker has it, or pipe what Get-TorrentTracker gives to Remove-TorrentTracker.");

    public static TorrentError NoSuchWebSeed(object given, NameSearch among) => new(
        WebSeedNotFound,
        $"There is no web seed '{DisplayText.Clean($"{given}")}' of {among}.",
        "Get-TorrentWebSeed shows a torrent's web seeds; Add-TorrentWebSeed adds one.");

    public static TorrentError AmbiguousWebSeed(string text, int webSeeds, TorrentStatus torrent) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' stands for {webSeeds} web seeds of '{torrent.Name}', which differ in their passwords or keys.",
        "Give the whole address, as the Uri of Get-TorrentWebSeed has it, or pipe what Get-TorrentWebSeed gives to Remove-TorrentWebSeed.");

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
        $"It is not known what is in '{name}', so it has no .torrent.",
        "Wait for it with Wait-Torrent -Until Metadata, or have peers say it with Save-TorrentMetadata.");

    public static TorrentError NotSaved(string text) => new(
        TorrentErrorId.TorrentNotFound,
        $"No torrent '{DisplayText.Clean(text)}' is saved in the state folder.",
        "Get-TorrentStatus -Saved shows those that are; another folder is chosen by a patron with -StatePath.");

    public static TorrentError NoSuchHook(string name) => new(
        TorrentErrorId.HookNotFound, $"No hook is called '{DisplayText.Clean(name)}'.", "Get-TorrentHook shows those that there are.");

    public static TorrentError NoSuchPatron(string name) => new(
        PatronNotFound,
        $"No patron is called '{DisplayText.Clean(name)}' in this session.",
        "Get-TorrentPatron shows those there are; New-TorrentPatron makes one.");

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
        $"'{DisplayText.Clean(file)}' exists already.",
        "Choose another -Destination, or replace it with -Force.");

    public static TorrentError NotWritable(string file, string why) => new(
        TorrentErrorId.DestinationNotWritable,
        $"'{DisplayText.Clean(file)}' cannot be written: {DisplayText.Clean(why)}",
        "Choose a -Destination in a folder that exists and that this user can write.");

    public static TorrentError NoTorrent(string why) => new(
        InvalidArgument,
        why,
        "Change what the message names. The piece length is chosen by New-TorrentFile where none is given.");

    public static TorrentError SuspendedWait { get; } = new(
        InvalidArgument,
        "-Suspended and -Wait contradict each other: a suspended torrent is never done.",
        "Leave one of them out.");

    public static TorrentError NothingToReuse(string path) => new(
        TorrentErrorId.SourceNotReadable, $"'{DisplayText.Clean(path)}' is not there: no data can be taken over from it.", "Give -Reuse a folder or file that is.");

    public static TorrentError Unforeseen(Exception fault) => new(
        TorrentErrorId.Unexpected,
        $"Something unforeseen happened: {DisplayText.Clean(fault.Message)}",
        "Please report it, with what led to it.");

    public static TorrentError ActionAndForward { get; } = new(
        InvalidArgument,
        "-Action and -Forward contradict each other: what is forwarded is dealt with elsewhere.",
        "Leave one of them out.");

    public static TorrentError SubscriberExists(string name) => new(
        InvalidArgument,
        $"A subscription is called '{DisplayText.Clean(name)}' already.",
        "Give another -SourceIdentifier, or end that one with Unregister-Event.");

    public static TorrentError TimeoutReached(TorrentStatus status, WaitTerms terms) => new(
        TorrentErrorId.TimeoutReached,
        $"'{status.Name}' was not {Goal(terms.Until)} after {HumanText.Duration(terms.Timeout)}: {Standing(status)}.{StallCauses.Describe(status)}",
        "The torrent goes on; wait again with Wait-Torrent, or stop it with Stop-Torrent.");

    public static TorrentError Stalled(TorrentStatus status, TimeSpan longest) => status.Metadata is { } metadata
        ? new TorrentError(
            TorrentErrorId.MetadataTimeout,
            $"The metadata of '{status.Name}' did not come within {HumanText.Duration(longest)}. {metadata.Missing}{StallCauses.Describe(status)}",
            "The torrent goes on; give it a peer with Add-TorrentPeer or a tracker with Add-TorrentTracker, or stop it with Stop-Torrent.")
        : new TorrentError(
            TorrentErrorId.TorrentStalled,
            $"'{status.Name}' has received nothing for {HumanText.Duration(longest)}: {Standing(status)}.{StallCauses.Describe(status)}",
            "The torrent goes on; give it a peer with Add-TorrentPeer or a tracker with Add-TorrentTracker, or stop it with Stop-Torrent.");

    public static TorrentError NoSeedGoal(TorrentStatus status) => new(
        InvalidArgument,
        $"'{status.Name}' has no seed goal: it seeds on and on.",
        "Give it one with Set-Torrent -SeedRatio or -SeedTime.");

    public static TorrentError StoppedMeanwhile(TorrentStatus status) => new(
        TorrentErrorId.PatronStopped,
        $"'{status.Name}' was stopped before it was complete.",
        "Start it again with Start-Torrent; it goes on where it was.");

    private static string Standing(TorrentStatus status) =>
        $"{status.State}, {HumanText.Percent(status.PercentComplete)} %, {HumanText.Peers(status.ConnectedPeers)}";

    private static string Goal(IReadOnlyList<TorrentMilestone> milestones) => string.Join(" or ", milestones.Select(milestone => milestone switch
    {
        TorrentMilestone.Metadata => "known",
        TorrentMilestone.Completed => "complete",
        TorrentMilestone.SeedGoal => "seeded enough",
        _ => "stopped",
    }));
}
