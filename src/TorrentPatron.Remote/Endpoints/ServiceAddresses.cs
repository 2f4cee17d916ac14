using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Principal;
using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>
/// The addresses of a user's own service: the path of a Unix domain socket, or on Windows <c>\\.\pipe\</c> and a name.
/// </summary>
/// <remarks>
/// Sessions of one user differ in their environment (a scheduled task has no <c>XDG_RUNTIME_DIR</c>), so a client tries every address.
/// A state folder in <c>TORRENTPATRON_STATE</c> determines the address too: in that folder, and nowhere else.
/// </remarks>
internal static class ServiceAddresses
{
    /// <summary>The file name of the socket.</summary>
    public const string SocketName = "service.sock";

    /// <summary>The beginning of a Windows pipe's address.</summary>
    public const string PipePrefix = @"\\.\pipe\";

    private const string StateVariable = "TORRENTPATRON_STATE";

    /// <summary>The address of the machine's service.</summary>
    public static string OfMachine() => OperatingSystem.IsWindows() ? PipePrefix + "TorrentPatron-Machine"
        : OperatingSystem.IsMacOS() ? "/var/run/torrentpatron/" + SocketName
        : "/run/torrentpatron/" + SocketName;

    /// <summary>Whether the user has chosen a state folder, which determines the only address.</summary>
    public static bool IsChosen => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(StateVariable));

    /// <summary>A user's text as a full address: a relative socket path starts at the process' current folder.</summary>
    /// <param name="address">A path; on Windows the name of a pipe, with or without <see cref="PipePrefix"/>.</param>
    public static string Full(string address) => !OperatingSystem.IsWindows() ? Path.GetFullPath(address)
        : address.StartsWith(PipePrefix, StringComparison.OrdinalIgnoreCase) ? address
        : PipePrefix + address;

    /// <summary>The addresses of the current user, in the order of the search; a service listens at the first one.</summary>
    public static IReadOnlyList<string> OfUser() => OperatingSystem.IsWindows()
        ? [PipeOfUser()]
        : OfUser(Environment.GetEnvironmentVariable, StateFolder.DefaultPath, "/run/user/" + PosixFiles.EffectiveUser, IsOwnFolder);

    /// <summary>The testable part of <see cref="OfUser()"/>.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="stateFolder">The user's state folder.</param>
    /// <param name="runtimeFolder">systemd's runtime folder of the user, whether or not this session knows it.</param>
    /// <param name="isOwn">Whether a folder exists and belongs to the user.</param>
    internal static IReadOnlyList<string> OfUser(
        Func<string, string?> variable, string stateFolder, string runtimeFolder, Func<string, bool> isOwn)
    {
        var folders = new List<string>();
        if (string.IsNullOrEmpty(variable(StateVariable)))
        {
            // The XDG rules: a relative path is ignored, and the folder must belong to the user. With sudo it may belong to another user.
            foreach (string? runtime in new[] { variable("XDG_RUNTIME_DIR"), runtimeFolder })
            {
                if (runtime is not null && Path.IsPathFullyQualified(runtime) && isOwn(runtime))
                    folders.Add(Path.Combine(runtime, "torrentpatron"));
            }
        }

        folders.Add(Path.Combine(stateFolder, "service"));
        return [.. folders.Distinct(StringComparer.Ordinal).Select(folder => Path.Combine(folder, SocketName))];
    }

    /// <summary>The pipe of the current user and, if one is chosen, of the state folder.</summary>
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
