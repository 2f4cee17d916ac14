using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The result of a request. It is serialized when its turn comes, so that waiting results are objects, not bytes.</summary>
internal abstract class RpcResult
{
    /// <summary>An object without members.</summary>
    public static RpcResult Empty { get; } = new Nothing();

    /// <summary>A result that a generated serializer writes.</summary>
    public static RpcResult Of<T>(T value, JsonTypeInfo<T> type) => new Value<T>(value, type);

    /// <summary>Writes it as one JSON value.</summary>
    public abstract void WriteTo(Utf8JsonWriter writer);

    private sealed class Value<T>(T value, JsonTypeInfo<T> type) : RpcResult
    {
        public override void WriteTo(Utf8JsonWriter writer) => JsonSerializer.Serialize(writer, value, type);
    }

    private sealed class Nothing : RpcResult
    {
        public override void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
    }
}
