using System.Runtime.CompilerServices;

namespace TorrentPatron.Tests;

/// <summary>
/// No test speaks to anybody outside this machine: the programs under test, which would take part in the DHT and call in the
/// local network as they do for people, are told not to. What tests the DHT says which nodes it begins with.
/// </summary>
internal static class NoDiscovery
{
#pragma warning disable CA2255 // These are programs: tests.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void SwitchOff() => Environment.SetEnvironmentVariable("TORRENTPATRON_DISCOVERY", "off");
}
