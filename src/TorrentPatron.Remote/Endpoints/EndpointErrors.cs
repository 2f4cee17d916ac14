using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The errors of listening and of connecting to a service.</summary>
internal static class EndpointErrors
{
    public static TorrentException Running(string address) => new(new TorrentError(
        TorrentErrorId.ServiceRunning, $"A service is already running at '{DisplayText.Clean(address)}'.",
        "Connect to it with Connect-TorrentPatron, or stop it first."));

    public static TorrentException NotRunning(string address, Exception? fault = null) => new(
        new TorrentError(
            TorrentErrorId.ServiceUnavailable, $"No service runs at '{DisplayText.Clean(address)}'.", "Start one with Start-TorrentService or 'patron service'."),
        fault);

    public static TorrentException NoAnswer(string address, TimeSpan patience) => new(new TorrentError(
        TorrentErrorId.ServiceUnavailable, $"The service at '{DisplayText.Clean(address)}' did not accept a connection within {patience.TotalSeconds:0.#} s.",
        "It may be busy or hung. Try again, or restart it."));

    public static TorrentException Unreachable(string address, Exception fault) => new(
        new TorrentError(
            TorrentErrorId.ServiceUnavailable, $"The service at '{DisplayText.Clean(address)}' cannot be reached: {DisplayText.Clean(fault.Message).TrimEnd('.')}.",
            "Start it, or restart it."),
        fault);

    public static TorrentException Denied(string address, Exception? fault = null) => new(
        new TorrentError(
            TorrentErrorId.ServiceAccessDenied, $"This user is not allowed to use the service at '{DisplayText.Clean(address)}'.",
            "Run as the user who owns the service, or start your own service."),
        fault);

    public static TorrentException Foreign(string address, string user) => new(new TorrentError(
        TorrentErrorId.ServiceAccessDenied, $"The service at '{DisplayText.Clean(address)}' belongs to another user ({DisplayText.Clean(user)}) and is not trusted.",
        "Find out who started it. To start your own service elsewhere, set TORRENTPATRON_STATE."));

    public static TorrentException NotOwn(string folder, uint owner) => Unsafe(
        $"The folder '{DisplayText.Clean(folder)}' belongs to another user ({owner}).", "Have it removed, or choose a different folder with TORRENTPATRON_STATE.");

    public static TorrentException Open(string folder, UnixFileMode mode) => Unsafe(
        $"Other users can access the folder '{DisplayText.Clean(folder)}' (mode {Convert.ToString((int)mode, 8)}).", $"Close it with: chmod 700 '{DisplayText.Clean(folder)}'");

    public static TorrentException NotFolder(string folder) => Unsafe(
        $"'{DisplayText.Clean(folder)}' is not a folder or a link to one.", "Remove it, or choose a different folder with TORRENTPATRON_STATE.");

    public static TorrentException NotSocket(string path) => Unsafe(
        $"'{DisplayText.Clean(path)}' exists and is not a socket.", "Remove it.");

    public static TorrentException NotMade(string path, Exception fault) => Unsafe(
        $"The socket '{DisplayText.Clean(path)}' cannot be created: {DisplayText.Clean(fault.Message).TrimEnd('.')}.",
        "Choose a different folder with TORRENTPATRON_STATE.", fault);

    public static TorrentException TooLong(string path, int bound) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"The path of the socket, '{DisplayText.Clean(path)}', is longer than the {bound} bytes that the system allows.",
        "Choose a shorter path with TORRENTPATRON_STATE."));

    public static TorrentException NotListening(string what) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"The socket from systemd cannot be used: {what}.",
        "Give the .socket unit one ListenStream= with a path, and Accept=no."));

    public static TorrentException Changeable(string folder) => Unsafe(
        $"Users other than root and the service's own can change the folder '{DisplayText.Clean(folder)}'.",
        "Make root or the service's user its owner, and restrict it with: chmod 755");

    public static TorrentError NotMember(string user) => new(
        TorrentErrorId.ServiceAccessDenied, $"User {user} is not allowed to use the machine's service.",
        "Ask the administrator to add you to its group and log on again, or start your own service.");

    public static TorrentException NoGroup(string name) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"There is no group '{DisplayText.Clean(name)}' on this machine.", "Create it (groupadd), or give the name of an existing group."));

    public static TorrentException NoGroups() => new(new TorrentError(
        TorrentErrorId.NotSupported, "On Windows a service cannot be shared with a group.", "Let each user run their own service."));

    public static TorrentException NotGiven(string path, UserGroup group, Exception fault) => new(
        new TorrentError(
            TorrentErrorId.InvalidArgument,
            $"The socket '{DisplayText.Clean(path)}' cannot be given to the group '{DisplayText.Clean(group.Name)}': {DisplayText.Clean(fault.Message).TrimEnd('.')}.",
            "Add the service's user to the group."),
        fault);

    public static TorrentException NoRoots() => new(new TorrentError(
        TorrentErrorId.InvalidArgument, "The machine's service needs the folders below which its users may store torrents.",
        "Give them with Start-TorrentService -Root or 'patron service --root'."));

    public static TorrentException RootMissing(string root) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"The root '{DisplayText.Clean(root)}' is not a folder.", "Create it so that the service's user can write to it, or give a different folder."));

    public static TorrentException GroupOfUser() => new(new TorrentError(
        TorrentErrorId.InvalidArgument, "A user's own service cannot be shared with groups.", "Use the machine's service: -Scope Machine or --scope machine."));

    private static TorrentException Unsafe(string message, string remedy, Exception? fault = null) =>
        new(new TorrentError(TorrentErrorId.ServiceFolderUnsafe, message, remedy), fault);
}
