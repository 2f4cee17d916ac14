using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Why a service cannot listen, or cannot be reached, each worded once.</summary>
internal static class EndpointErrors
{
    public static TorrentException Running(string address) => new(new TorrentError(
        TorrentErrorId.ServiceRunning, $"A service runs already, at '{DisplayText.Clean(address)}'.",
        "Connect to it with Connect-TorrentPatron, or end it first."));

    public static TorrentException NotRunning(string address, Exception? fault = null) => new(
        new TorrentError(
            TorrentErrorId.ServiceUnavailable, $"No service runs at '{DisplayText.Clean(address)}'.", "Start one: 'patron service', or Start-TorrentService."),
        fault);

    public static TorrentException NoAnswer(string address, TimeSpan patience) => new(new TorrentError(
        TorrentErrorId.ServiceUnavailable, $"The service at '{DisplayText.Clean(address)}' took no connection within {patience.TotalSeconds:0.#} s.",
        "It may be busy, or hang: try again, or restart it."));

    public static TorrentException Unreachable(string address, Exception fault) => new(
        new TorrentError(
            TorrentErrorId.ServiceUnavailable, $"The service at '{DisplayText.Clean(address)}' cannot be reached: {DisplayText.Clean(fault.Message).TrimEnd('.')}.",
            "Start it, or restart it."),
        fault);

    public static TorrentException Denied(string address, Exception? fault = null) => new(
        new TorrentError(
            TorrentErrorId.ServiceAccessDenied, $"This user may not use the service at '{DisplayText.Clean(address)}'.",
            "Run as the user whose service it is, or start a service of your own."),
        fault);

    public static TorrentException Foreign(string address, string user) => new(new TorrentError(
        TorrentErrorId.ServiceAccessDenied, $"What listens at '{DisplayText.Clean(address)}' is another user's ({DisplayText.Clean(user)}), and is not trusted.",
        "Find out who put it there; start a service of your own elsewhere with TORRENTPATRON_STATE."));

    public static TorrentException NotOwn(string folder, uint owner) => Unsafe(
        $"The folder '{DisplayText.Clean(folder)}' belongs to another user ({owner}).", "Have it removed, or choose another place with TORRENTPATRON_STATE.");

    public static TorrentException Open(string folder, UnixFileMode mode) => Unsafe(
        $"Others may look into the folder '{DisplayText.Clean(folder)}' (mode {Convert.ToString((int)mode, 8)}).", $"Close it: chmod 700 '{DisplayText.Clean(folder)}'");

    public static TorrentException NotFolder(string folder) => Unsafe(
        $"'{DisplayText.Clean(folder)}' is not a folder, or a link to one.", "Remove what is there, or choose another place with TORRENTPATRON_STATE.");

    public static TorrentException NotSocket(string path) => Unsafe(
        $"'{DisplayText.Clean(path)}' is there and is not a socket.", "Remove it.");

    public static TorrentException NotMade(string path, Exception fault) => Unsafe(
        $"The socket '{DisplayText.Clean(path)}' cannot be made: {DisplayText.Clean(fault.Message).TrimEnd('.')}.",
        "Choose another place with TORRENTPATRON_STATE.", fault);

    public static TorrentException TooLong(string path, int bound) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"The path of the socket, '{DisplayText.Clean(path)}', is longer than the {bound} bytes that the system allows.",
        "Choose a shorter one with TORRENTPATRON_STATE."));

    public static TorrentException NotListening(string what) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"The socket that systemd handed over is not usable: {what}.",
        "Give the .socket unit one ListenStream= with a path, and Accept=no."));

    public static TorrentException Changeable(string folder) => Unsafe(
        $"Users other than root and the service's own may change the folder '{DisplayText.Clean(folder)}'.",
        "Give it to root or to the service's user, and close it: chmod 755.");

    public static TorrentError NotMember(string user) => new(
        TorrentErrorId.ServiceAccessDenied, $"User {user} may not use the machine's service.",
        "Ask the administrator to make you a member of its group, and log on again; or start a service of your own.");

    public static TorrentException NoGroup(string name) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"There is no group '{DisplayText.Clean(name)}' on this machine.", "Make it (groupadd), or give the name of another one."));

    public static TorrentException NoGroups() => new(new TorrentError(
        TorrentErrorId.NotSupported, "A service of Windows cannot be shared with a group.", "Let each user run a service of their own."));

    public static TorrentException NotGiven(string path, UserGroup group, Exception fault) => new(
        new TorrentError(
            TorrentErrorId.InvalidArgument,
            $"The socket '{DisplayText.Clean(path)}' cannot be given to the group '{DisplayText.Clean(group.Name)}': {DisplayText.Clean(fault.Message).TrimEnd('.')}.",
            "Make the service's user a member of the group."),
        fault);

    public static TorrentException NoRoots() => new(new TorrentError(
        TorrentErrorId.InvalidArgument, "A machine's service needs the folders below which its users may have torrents.",
        "Name them: Start-TorrentService -Root, or patron service --root."));

    public static TorrentException RootMissing(string root) => new(new TorrentError(
        TorrentErrorId.InvalidArgument, $"The root '{DisplayText.Clean(root)}' is not a folder.", "Make it, so that the service's user can write there, or name another one."));

    public static TorrentException GroupOfUser() => new(new TorrentError(
        TorrentErrorId.InvalidArgument, "A user's own service is not shared with groups.", "Make it the machine's: -Scope Machine, or --scope machine."));

    private static TorrentException Unsafe(string message, string remedy, Exception? fault = null) =>
        new(new TorrentError(TorrentErrorId.ServiceFolderUnsafe, message, remedy), fault);
}
