using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Principal;
using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>
/// Where a user's own service listens: the path of a Unix domain socket, or <c>\\.\pipe\</c> and a name on Windows.
/// </summary>
/// <remarks>
/// Sessions of one user differ in their environment (a scheduled task has no <c>XDG_RUNTIME_DIR</c>), so that a client looks in every place.
/// Whoever chooses a state folder by <c>TORRENTPATRON_STATE</c> chooses the place too: in that folder, and nowhere else.
/// </remarks>
internal static class ServiceAddresses
{
    /// <summary>The file of the socket.</summary>
    public const string SocketName = "service.sock";

    /// <summary>What the name of a Windows pipe begins with.</summary>
    public const string PipePrefix = @"\\.\pipe\";

    private const string StateVariable = "TORRENTPATRON_STATE";

    /// <summary>The place of the machine's service.</summary>
    public static string OfMachine() => OperatingSystem.IsWindows() ? PipePrefix + "TorrentPatron-Machine"
        : OperatingSystem.IsMacOS() ? "/var/run/torrentpatron/" + SocketName
        : "/run/torrentpatron/" + SocketName;

    /// <summary>Whether the user has chosen a state folder, and with it the only place.</summary>
    public static bool IsChosen => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(StateVariable));

    /// <summary>An address as a person gives it, in full: a relative path of a socket is below the process' current folder.</summary>
    /// <param name="address">A path; on Windows the name of a pipe, with or without <see cref="PipePrefix"/>.</param>
    public static string Full(string address) => !OperatingSystem.IsWindows() ? Path.GetFullPath(address)
        : address.StartsWith(PipePrefix, StringComparison.OrdinalIgnoreCase) ? address
        : PipePrefix + address;

    /// <summary>The places of the current user, in the order in which they are looked at; a service listens in the first one.</summary>
    public static IReadOnlyList<string> OfUser() => OperatingSystem.IsWindows()
        ? [PipeOfUser()]
        : OfUser(Environment.GetEnvironmentVariable, StateFolder.DefaultPath, "/run/user/" + PosixFiles.EffectiveUser, IsOwnFolder);

    /// <summary>As <see cref="OfUser()"/>.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="stateFolder">The user's state folder.</param>
    /// <param name="runtimeFolder">Where systemd keeps a user's runtime folder, whether or not this session says so.</param>
    /// <param name="isOwn">Whether a folder is there and belongs to the user.</param>
    internal static IReadOnlyList<string> OfUser(
        Func<string, string?> variable, string stateFolder, string runtimeFolder, Func<string, bool> isOwn)
    {
        var folders = new List<string>();
        if (string.IsNullOrEmpty(variable(StateVariable)))
        {
            // The XDG rules: a relative path is ignored, and the folder must be the user's own. With sudo it may be another's.
            foreach (string? runtime in new[] { variable("XDG_RUNTIME_DIR"), runtimeFolder })
            {
                if (runtime is not null && Path.IsPathFullyQualified(runtime) && isOwn(runtime))
                    folders.Add(Path.Combine(runtime, "torrentpatron"));
            }
        }

        folders.Add(Path.Combine(stateFolder, "service"));
        return [.. folders.Distinct(StringComparer.Ordinal).Select(folder => Path.Combine(folder, SocketName))];
    }

    /// <summary>The pipe of the current user, of the chosen state folder where one is chosen.</summary>
    [SupportedOSPlatform("windows")]
    private static string PipeOfUser()
    {
        using var user = WindowsIdentity.GetCurrent();
        string name = $"{PipePrefix}TorrentPatron-{user.User}";
        return string.IsNullOrEmpty(Environment.GetEnvironmentVariable(StateVariable))
            ? name
            : $"{name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StateFolder.DefaultPath.ToUpperInvariant())).AsSpan(0, 8))}";
    }

    private static bool IsOwnFolder(string path)
    {
        try
        {
            return SocketFolder.Find(Path.TrimEndingDirectorySeparator(path)) is { Kind: FileKind.Folder } folder && folder.Owner == PosixFiles.EffectiveUser;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
