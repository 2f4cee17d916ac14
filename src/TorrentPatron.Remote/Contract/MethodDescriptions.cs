using System.Collections.Frozen;

namespace TorrentPatron.Remote.Contract;

/// <summary>
/// What each method does, for errors that cmdlets show to users, who do not know its name. Infinitives, to follow "to" or "may".
/// </summary>
internal static class MethodDescriptions
{
    private static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [MethodNames.Attach] = "attach a patron",
        [MethodNames.Detach] = "detach a patron",
        [MethodNames.Adopt] = "take over torrents",
        [MethodNames.Subscribe] = "follow torrents",
        [MethodNames.Flush] = "follow torrents",
        [MethodNames.Upload] = "accept a file",
        [MethodNames.Start] = "start torrents",
        [MethodNames.Close] = "stop torrents",
        [MethodNames.Suspend] = "suspend torrents",
        [MethodNames.Resume] = "resume torrents",
        [MethodNames.Recheck] = "check torrents",
        [MethodNames.AddSources] = "add trackers, web seeds or peers",
        [MethodNames.Set] = "change torrents",
        [MethodNames.SetFilePriorities] = "choose files of torrents",
        [MethodNames.Move] = "move torrents",
        [MethodNames.Remove] = "remove torrents",
        [MethodNames.RemoveTrackers] = "remove trackers",
        [MethodNames.RemoveWebSeeds] = "remove web seeds",
        [MethodNames.Announce] = "ask trackers",
        [MethodNames.FetchMetadata] = "fetch metadata",
        [MethodNames.GetStatuses] = "show torrents",
        [MethodNames.GetFiles] = "show files of torrents",
        [MethodNames.GetPeers] = "show peers",
        [MethodNames.GetClosedPeers] = "show peers that have left",
        [MethodNames.GetMetainfo] = "return a .torrent file",
        [MethodNames.GetSaved] = "show saved torrents",
        [MethodNames.ClientStatus] = "show the engine",
        [MethodNames.Settings] = "show settings",
        [MethodNames.Apply] = "change settings",
        [MethodNames.Patrons] = "show patrons",
        [MethodNames.GetHooks] = "show hooks",
        [MethodNames.RegisterHook] = "register hooks",
        [MethodNames.UnregisterHook] = "unregister hooks",
        [MethodNames.ServiceInfo] = "report its status",
        [MethodNames.ServiceStop] = "stop or restart",
    }.ToFrozenDictionary();

    /// <summary>What a method does.</summary>
    public static string Of(string method) => Words.GetValueOrDefault(method, "do that");
}
