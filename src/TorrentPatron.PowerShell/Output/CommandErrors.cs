using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Output;

/// <summary>The failures that are the cmdlets' own, each worded once.</summary>
internal static class CommandErrors
{
    /// <summary>What was given to a parameter makes no sense.</summary>
    public const string InvalidArgument = nameof(InvalidArgument);

    /// <summary>A file is there already and was not to be replaced.</summary>
    public const string FileExists = nameof(FileExists);

    /// <summary>No patron of that name.</summary>
    public const string PatronNotFound = nameof(PatronNotFound);

    public static TorrentError NoSuchPath(string path) => new(
        TorrentErrorId.SourceNotReadable,
        $"'{DisplayText.Clean(path)}' does not exist.",
        "Check the path; for one with brackets in it use -LiteralPath.");

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
        $"'{DisplayText.Clean(text)}' is no info hash.",
        "An info hash has 40 hexadecimal digits, of which four or more must be given; Get-TorrentStatus shows those of the torrents that run.");

    public static TorrentError AmbiguousInfoHash(string text, int torrents) => new(
        InvalidArgument,
        $"The info hashes of {torrents} torrents begin with '{DisplayText.Clean(text)}'.",
        "Give more of its digits.");

    public static TorrentError NoSuchTorrent(string text) => new(
        TorrentErrorId.TorrentNotFound,
        $"No torrent '{DisplayText.Clean(text)}' runs in this session.",
        "Get-TorrentStatus shows the torrents that run; Start-Torrent starts one.");

    public static TorrentError NoSuchPatron(string name) => new(
        PatronNotFound,
        $"No patron is called '{DisplayText.Clean(name)}' in this session.",
        "Get-TorrentPatron shows those there are; New-TorrentPatron makes one.");

    public static TorrentError BadPeer(string text, string why) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' is no usable peer: {why}",
        "Give host:port, for example 192.0.2.7:6881, [2001:db8::7]:6881 or seedbox.example:6881.");

    public static TorrentError BadTracker(string text) => new(
        InvalidArgument,
        $"'{DisplayText.Clean(text)}' is no announce address.",
        "Give a complete address that begins with http://, https:// or udp://.");

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
        "Change what the message names, or leave the choice of the piece length to New-TorrentFile.");

    public static TorrentError SuspendedWait { get; } = new(
        InvalidArgument,
        "-Suspended and -Wait contradict each other: a suspended torrent is never done.",
        "Leave one of them out.");

    public static TorrentError TimeoutReached(TorrentStatus status, TimeSpan timeout) => new(
        TorrentErrorId.TimeoutReached,
        FormattableString.Invariant(
            $"'{status.Name}' was not complete after {HumanText.Duration(timeout)}: {status.State}, {status.PercentComplete:0.0} %, {HumanText.Peers(status.ConnectedPeers)}."),
        "The torrent goes on; wait again with Wait-Torrent, or stop it with Stop-Torrent.");

    public static TorrentError StoppedMeanwhile(TorrentStatus status) => new(
        TorrentErrorId.PatronStopped,
        $"'{status.Name}' was stopped before it was complete.",
        "Start it again with Start-Torrent; it goes on where it was.");
}
