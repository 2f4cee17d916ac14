using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service;

/// <summary>
/// How peers are found where a program's user says nothing of it: by the DHT and in the local network too, as people expect of
/// every client. Only the programs that people use have it so; whoever uses the library says what it is to do.
/// </summary>
public static class DiscoveryDefaults
{
    /// <summary>The environment variable with which it can be had otherwise.</summary>
    public const string Variable = "TORRENTPATRON_DISCOVERY";

    /// <summary>What the variable says where neither is to be used.</summary>
    private const string Off = "off";

    /// <summary>
    /// The DHT settings. <c>TORRENTPATRON_DISCOVERY</c> may say <c>off</c> or, separated by commas, the nodes to begin with, each as
    /// <c>host:port</c>, for a network that is not the internet; without it the public ones are used.
    /// </summary>
    public static DhtSettings Dht => DhtOf(Value);

    /// <summary>Whether peers are looked for in the local network.</summary>
    public static bool LocalDiscovery => !IsOff(Value);

    /// <summary>
    /// Whether the router is asked to let peers in: wherever <c>TORRENTPATRON_DISCOVERY</c> says nothing, so that we are on the internet.
    /// </summary>
    public static PortMappingPolicy PortMapping => string.IsNullOrEmpty(Value) ? PortMappingPolicy.On : PortMappingPolicy.Off;

    private static string? Value => Environment.GetEnvironmentVariable(Variable);

    /// <summary>The DHT settings where the variable has a value; null: it has none.</summary>
    internal static DhtSettings DhtOf(string? value) => new()
    {
        IsEnabled = !IsOff(value),
        BootstrapNodes = string.IsNullOrEmpty(value) || IsOff(value)
            ? DhtSettings.PublicBootstrapNodes
            : [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
    };

    private static bool IsOff(string? value) => string.Equals(value, Off, StringComparison.OrdinalIgnoreCase);
}
