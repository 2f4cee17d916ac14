using System.Text.Json.Serialization;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The generated code for what the layer itself sends.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = RpcLimits.MaxDepth, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(RpcNothing))]
internal sealed partial class RpcJson : JsonSerializerContext;

/// <summary>Params or a result without members.</summary>
internal sealed class RpcNothing
{
    /// <summary>The one that there need be.</summary>
    public static RpcNothing Value { get; } = new();
}
