using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service;

/// <summary>
/// How programs find peers by default: with the DHT and in the local network too, as users expect of every client. Only the programs for
/// users have these defaults; users of the library choose themselves.
/// </summary>
public static class DiscoveryDefaults
{
    /// <summary>The environment variable that changes the defaults.</summary>
    public const string Variable = "TORRENTPATRON_DISCOVERY";

    /// <summary>The value that turns both off.</summary>
    private const string Off = "off";

    /// <summary>
    /// The DHT settings. <c>TORRENTPATRON_DISCOVERY</c> may be <c>off</c> or a list of bootstrap nodes separated by commas, each as
    /// <c>host:port</c>, for a network that is not the internet; without it the public nodes are used.
    /// </summary>
    public static DhtSettings Dht => DhtOf(Value);

    /// <summary>Whether to look for peers in the local network.</summary>
    public static bool LocalDiscovery => !IsOff(Value);

    /// <summary>
    /// Whether to ask the router to forward the port: only without <c>TORRENTPATRON_DISCOVERY</c>, since the network is then the internet.
    /// </summary>
    public static PortMappingPolicy PortMapping => string.IsNullOrEmpty(Value) ? PortMappingPolicy.On : PortMappingPolicy.Off;

    private static string? Value => Environment.GetEnvironmentVariable(Variable);

    /// <summary>The DHT settings for a value of the variable; null if it is not set.</summary>
    internal static DhtSettings DhtOf(string? value) => new()
    {
        IsEnabled = !IsOff(value),
        BootstrapNodes = string.IsNullOrEmpty(value) || IsOff(value)
            ? DhtSettings.PublicBootstrapNodes
            : [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
    };

    private static bool IsOff(string? value) => string.Equals(value, Off, StringComparison.OrdinalIgnoreCase);
}
