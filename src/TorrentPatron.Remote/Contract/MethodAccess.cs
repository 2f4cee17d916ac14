using System.Collections.Frozen;
using TorrentPatron.Remote.Endpoints;

namespace TorrentPatron.Remote.Contract;

/// <summary>
/// The access that each method needs. A method that is not listed is for the user of the service and root, such as those of hooks, which run programs.
/// </summary>
internal static class MethodAccess
{
    private static readonly FrozenSet<string> Reading = FrozenSet.ToFrozenSet(
    [
        MethodNames.Attach, MethodNames.Detach, MethodNames.Subscribe, MethodNames.Flush, MethodNames.GetStatuses, MethodNames.GetFiles,
        MethodNames.GetPeers, MethodNames.GetClosedPeers, MethodNames.GetMetainfo, MethodNames.GetSaved, MethodNames.ClientStatus,
        MethodNames.Settings, MethodNames.Patrons, MethodNames.ServiceInfo,
    ]);

    private static readonly FrozenSet<string> Steering = FrozenSet.ToFrozenSet(
    [
        .. MethodNames.Commands, MethodNames.Adopt, MethodNames.Upload, MethodNames.Start, MethodNames.FetchMetadata, MethodNames.Apply,
    ]);

    /// <summary>The access that a method needs.</summary>
    public static ServiceAccess Of(string method) => Reading.Contains(method) ? ServiceAccess.Read
        : Steering.Contains(method) ? ServiceAccess.Steer
        : ServiceAccess.Own;
}
