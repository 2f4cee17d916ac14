using System.Text.Json.Serialization;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The generated serializer for the protocol layer's own messages.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = RpcLimits.MaxDepth, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(RpcNothing))]
internal sealed partial class RpcJson : JsonSerializerContext;

/// <summary>Params or a result without members.</summary>
internal sealed class RpcNothing
{
    /// <summary>The only instance needed.</summary>
    public static RpcNothing Value { get; } = new();
}
