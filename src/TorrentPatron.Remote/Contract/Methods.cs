using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Contract;

/// <summary>The methods and notifications: their names, and the shapes of what they take and give. Both sides share them.</summary>
internal static class Methods
{
    private static ContractJson Json => ContractJson.Default;

    public static RpcMethod<AttachDto, PatronDto> Attach { get; } = new(MethodNames.Attach, Json.AttachDto, Json.PatronDto);

    public static RpcMethod<PatronDto, RpcNothing> Detach { get; } = new(MethodNames.Detach, Json.PatronDto, RpcJson.Default.RpcNothing);

    public static RpcMethod<RpcNothing, ServiceDto> Subscribe { get; } = new(MethodNames.Subscribe, RpcJson.Default.RpcNothing, Json.ServiceDto);

    public static RpcMethod<RpcNothing, RpcNothing> Flush { get; } = new(MethodNames.Flush, RpcJson.Default.RpcNothing, RpcJson.Default.RpcNothing);

    public static RpcMethod<UploadDto, RpcNothing> Upload { get; } = new(MethodNames.Upload, Json.UploadDto, RpcJson.Default.RpcNothing);

    public static RpcMethod<StartDto, MessageDto> Start { get; } = new(MethodNames.Start, Json.StartDto, Json.MessageDto);

    public static RpcMethod<StartDto, MetainfoDto> FetchMetadata { get; } = new(MethodNames.FetchMetadata, Json.StartDto, Json.MetainfoDto);

    public static RpcMethod<QueryDto, StatusesDto> GetStatuses { get; } = new(MethodNames.GetStatuses, Json.QueryDto, Json.StatusesDto);

    public static RpcMethod<QueryDto, FilesDto> GetFiles { get; } = new(MethodNames.GetFiles, Json.QueryDto, Json.FilesDto);

    public static RpcMethod<QueryDto, PeersDto> GetPeers { get; } = new(MethodNames.GetPeers, Json.QueryDto, Json.PeersDto);

    public static RpcMethod<QueryDto, ClosedPeersDto> GetClosedPeers { get; } =
        new(MethodNames.GetClosedPeers, Json.QueryDto, Json.ClosedPeersDto);

    public static RpcMethod<QueryDto, MetainfoDto> GetMetainfo { get; } = new(MethodNames.GetMetainfo, Json.QueryDto, Json.MetainfoDto);

    public static RpcMethod<QueryDto, SavedListDto> GetSaved { get; } = new(MethodNames.GetSaved, Json.QueryDto, Json.SavedListDto);

    public static RpcMethod<RpcNothing, EngineDto> ClientStatus { get; } =
        new(MethodNames.ClientStatus, RpcJson.Default.RpcNothing, Json.EngineDto);

    public static RpcMethod<RpcNothing, ServiceDto> Settings { get; } = new(MethodNames.Settings, RpcJson.Default.RpcNothing, Json.ServiceDto);

    public static RpcMethod<SettingsDto, AppliedDto> Apply { get; } = new(MethodNames.Apply, Json.SettingsDto, Json.AppliedDto);

    public static RpcMethod<RpcNothing, PatronsDto> Patrons { get; } = new(MethodNames.Patrons, RpcJson.Default.RpcNothing, Json.PatronsDto);

    public static RpcNotice<MessageDto> Message { get; } = new(MethodNames.Message, Json.MessageDto);

    public static RpcNotice<StatusesDto> Statuses { get; } = new(MethodNames.Statuses, Json.StatusesDto);

    /// <summary>A method whose parameters are a command; it gives the answer.</summary>
    public static RpcMethod<CommandDto, MessageDto> Command(string name) => new(name, Json.CommandDto, Json.MessageDto);
}
