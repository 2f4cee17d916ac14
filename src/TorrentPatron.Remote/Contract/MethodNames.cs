namespace TorrentPatron.Remote.Contract;

/// <summary>The names of the methods and notifications on the wire; they never change once released.</summary>
internal static class MethodNames
{
    public const string Attach = "attach";
    public const string Detach = "detach";
    public const string Adopt = "adopt";
    public const string Subscribe = "subscribe";
    public const string Flush = "flush";
    public const string Upload = "upload";
    public const string Start = "start";
    public const string Close = "close";
    public const string Suspend = "suspend";
    public const string Resume = "resume";
    public const string Recheck = "recheck";
    public const string AddSources = "addSources";
    public const string Set = "set";
    public const string SetFilePriorities = "setFilePriorities";
    public const string Move = "move";
    public const string Remove = "remove";
    public const string RemoveTrackers = "removeTrackers";
    public const string RemoveWebSeeds = "removeWebSeeds";
    public const string Announce = "announce";
    public const string FetchMetadata = "fetchMetadata";
    public const string GetStatuses = "getStatuses";
    public const string GetFiles = "getFiles";
    public const string GetPeers = "getPeers";
    public const string GetClosedPeers = "getClosedPeers";
    public const string GetMetainfo = "getMetainfo";
    public const string GetSaved = "getSaved";
    public const string ClientStatus = "clientStatus";
    public const string Settings = "settings";
    public const string Apply = "apply";
    public const string Patrons = "patrons";
    public const string GetHooks = "getHooks";
    public const string RegisterHook = "registerHook";
    public const string UnregisterHook = "unregisterHook";
    public const string ServiceInfo = "service/info";
    public const string ServiceStop = "service/stop";
    public const string Message = "message";
    public const string Statuses = "statuses";

    /// <summary>The methods whose parameters are a <see cref="CommandDto"/>.</summary>
    public static IReadOnlyList<string> Commands { get; } =
    [
        Close, Suspend, Resume, Recheck, AddSources, Set, SetFilePriorities, Move, Remove, RemoveTrackers, RemoveWebSeeds, Announce,
    ];
}
