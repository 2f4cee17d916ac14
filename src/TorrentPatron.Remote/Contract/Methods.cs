using System.Text.Json.Serialization.Metadata;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Contract;

/// <summary>The methods and notifications: their names, and the types of their parameters and results. Both sides share them.</summary>
internal static class Methods
{
    private static ContractJson Json => ContractJson.Default;

    public static RpcMethod<AttachDto, PatronDto> Attach { get; } = Make(MethodNames.Attach, Json.AttachDto, Json.PatronDto);

    public static RpcMethod<PatronDto, RpcNothing> Detach { get; } = Make(MethodNames.Detach, Json.PatronDto, RpcJson.Default.RpcNothing);

    public static RpcMethod<AdoptDto, AdoptedDto> Adopt { get; } = Make(MethodNames.Adopt, Json.AdoptDto, Json.AdoptedDto);

    public static RpcMethod<RpcNothing, ServiceDto> Subscribe { get; } = Make(MethodNames.Subscribe, RpcJson.Default.RpcNothing, Json.ServiceDto);

    public static RpcMethod<RpcNothing, RpcNothing> Flush { get; } = Make(MethodNames.Flush, RpcJson.Default.RpcNothing, RpcJson.Default.RpcNothing);

    public static RpcMethod<UploadDto, RpcNothing> Upload { get; } = Make(MethodNames.Upload, Json.UploadDto, RpcJson.Default.RpcNothing);

    public static RpcMethod<StartDto, MessageDto> Start { get; } = Make(MethodNames.Start, Json.StartDto, Json.MessageDto);

    public static RpcMethod<StartDto, MetainfoDto> FetchMetadata { get; } = Make(MethodNames.FetchMetadata, Json.StartDto, Json.MetainfoDto);

    public static RpcMethod<QueryDto, StatusesDto> GetStatuses { get; } = Make(MethodNames.GetStatuses, Json.QueryDto, Json.StatusesDto);

    public static RpcMethod<QueryDto, FilesDto> GetFiles { get; } = Make(MethodNames.GetFiles, Json.QueryDto, Json.FilesDto);

    public static RpcMethod<QueryDto, PeersDto> GetPeers { get; } = Make(MethodNames.GetPeers, Json.QueryDto, Json.PeersDto);

    public static RpcMethod<QueryDto, ClosedPeersDto> GetClosedPeers { get; } =
        Make(MethodNames.GetClosedPeers, Json.QueryDto, Json.ClosedPeersDto);

    public static RpcMethod<QueryDto, MetainfoDto> GetMetainfo { get; } = Make(MethodNames.GetMetainfo, Json.QueryDto, Json.MetainfoDto);

    public static RpcMethod<QueryDto, SavedListDto> GetSaved { get; } = Make(MethodNames.GetSaved, Json.QueryDto, Json.SavedListDto);

    public static RpcMethod<RpcNothing, EngineDto> ClientStatus { get; } =
        Make(MethodNames.ClientStatus, RpcJson.Default.RpcNothing, Json.EngineDto);

    public static RpcMethod<RpcNothing, ServiceDto> Settings { get; } = Make(MethodNames.Settings, RpcJson.Default.RpcNothing, Json.ServiceDto);

    public static RpcMethod<SettingsDto, AppliedDto> Apply { get; } = Make(MethodNames.Apply, Json.SettingsDto, Json.AppliedDto);

    public static RpcMethod<RpcNothing, PatronsDto> Patrons { get; } = Make(MethodNames.Patrons, RpcJson.Default.RpcNothing, Json.PatronsDto);

    public static RpcMethod<QueryDto, HooksDto> GetHooks { get; } = Make(MethodNames.GetHooks, Json.QueryDto, Json.HooksDto);

    public static RpcMethod<HookWireDto, HookWireDto> RegisterHook { get; } = Make(MethodNames.RegisterHook, Json.HookWireDto, Json.HookWireDto);

    public static RpcMethod<HookNameDto, RpcNothing> UnregisterHook { get; } =
        Make(MethodNames.UnregisterHook, Json.HookNameDto, RpcJson.Default.RpcNothing);

    public static RpcMethod<RpcNothing, ServiceInfoDto> ServiceInfo { get; } =
        Make(MethodNames.ServiceInfo, RpcJson.Default.RpcNothing, Json.ServiceInfoDto);

    public static RpcMethod<ServiceStopDto, RpcNothing> ServiceStop { get; } =
        Make(MethodNames.ServiceStop, Json.ServiceStopDto, RpcJson.Default.RpcNothing);

    public static RpcNotice<MessageDto> Message { get; } = new(MethodNames.Message, Json.MessageDto);

    public static RpcNotice<StatusesDto> Statuses { get; } = new(MethodNames.Statuses, Json.StatusesDto);

    /// <summary>A method whose parameters are a command and whose result is the answer.</summary>
    public static RpcMethod<CommandDto, MessageDto> Command(string name) =>
        Make(name, Json.CommandDto, Json.MessageDto, isLong: name is MethodNames.Recheck or MethodNames.Move);

    private static RpcMethod<TParams, TResult> Make<TParams, TResult>(
        string name, JsonTypeInfo<TParams> parameters, JsonTypeInfo<TResult> result, bool isLong = false) =>
        new(name, parameters, result, isLong) { Purpose = MethodDescriptions.Of(name) };
}
