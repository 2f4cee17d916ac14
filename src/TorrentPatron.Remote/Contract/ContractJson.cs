using System.Text.Json.Serialization;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Contract;

/// <summary>The generated serializer for everything in the contract. Members that are 0, false or null are omitted.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    MaxDepth = RpcLimits.MaxDepth, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AttachDto))]
[JsonSerializable(typeof(AdoptDto))]
[JsonSerializable(typeof(AdoptedDto))]
[JsonSerializable(typeof(PatronDto))]
[JsonSerializable(typeof(PatronsDto))]
[JsonSerializable(typeof(ServiceDto))]
[JsonSerializable(typeof(SettingsDto))]
[JsonSerializable(typeof(AppliedDto))]
[JsonSerializable(typeof(UploadDto))]
[JsonSerializable(typeof(StartDto))]
[JsonSerializable(typeof(CommandDto))]
[JsonSerializable(typeof(MessageDto))]
[JsonSerializable(typeof(MetainfoDto))]
[JsonSerializable(typeof(QueryDto))]
[JsonSerializable(typeof(SavedListDto))]
[JsonSerializable(typeof(FilesDto))]
[JsonSerializable(typeof(PeersDto))]
[JsonSerializable(typeof(ClosedPeersDto))]
[JsonSerializable(typeof(EngineDto))]
[JsonSerializable(typeof(StatusesDto))]
[JsonSerializable(typeof(HooksDto))]
[JsonSerializable(typeof(HookWireDto))]
[JsonSerializable(typeof(HookNameDto))]
[JsonSerializable(typeof(ServiceInfoDto))]
[JsonSerializable(typeof(ServiceStopDto))]
internal sealed partial class ContractJson : JsonSerializerContext;
