using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Writes messages.</summary>
internal static class RpcMessages
{
    /// <summary>The notification that cancels a request of the same side.</summary>
    public const string CancelMethod = "$/cancelRequest";

    /// <summary>The notification with the reason why a side is about to end the connection.</summary>
    public const string ClosingMethod = "$/closing";

    /// <summary>Writes a request.</summary>
    public static void WriteRequest<T>(Utf8JsonWriter writer, RpcId id, string method, T parameters, JsonTypeInfo<T> type)
    {
        Begin(writer);
        writer.WritePropertyName("id"u8);
        id.WriteTo(writer);
        WriteCall(writer, method, parameters, type);
    }

    /// <summary>Writes a notification.</summary>
    public static void WriteNotification<T>(Utf8JsonWriter writer, string method, T parameters, JsonTypeInfo<T> type)
    {
        Begin(writer);
        WriteCall(writer, method, parameters, type);
    }

    /// <summary>Writes a response.</summary>
    public static void WriteResponse(Utf8JsonWriter writer, RpcId id, RpcResult result)
    {
        Begin(writer);
        writer.WritePropertyName("id"u8);
        id.WriteTo(writer);
        writer.WritePropertyName("result"u8);
        result.WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes an error response.</summary>
    public static void WriteError(Utf8JsonWriter writer, RpcId? id, RpcError error)
    {
        Begin(writer);
        writer.WritePropertyName("id"u8);
        if (id is { } known)
            known.WriteTo(writer);
        else
            writer.WriteNullValue();
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, error.Code);
        writer.WriteString("message"u8, error.Details?.Message ?? RpcErrorCode.TextOf(error.Code));
        if (error.Details is { } details)
        {
            writer.WriteStartObject("data"u8);
            WriteDetails(writer, details);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the cancellation of a request.</summary>
    public static void WriteCancel(Utf8JsonWriter writer, RpcId id)
    {
        Begin(writer);
        writer.WriteString("method"u8, CancelMethod);
        writer.WriteStartObject("params"u8);
        writer.WritePropertyName("id"u8);
        id.WriteTo(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the reason for the end of the connection.</summary>
    public static void WriteClosing(Utf8JsonWriter writer, TorrentError why)
    {
        Begin(writer);
        writer.WriteString("method"u8, ClosingMethod);
        writer.WriteStartObject("params"u8);
        WriteDetails(writer, why);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
    }

    private static void WriteCall<T>(Utf8JsonWriter writer, string method, T parameters, JsonTypeInfo<T> type)
    {
        writer.WriteString("method"u8, method);
        writer.WritePropertyName("params"u8);
        JsonSerializer.Serialize(writer, parameters, type);
        writer.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter writer, TorrentError details)
    {
        writer.WriteString("id"u8, details.Id);
        writer.WriteString("message"u8, details.Message);
        writer.WriteString("remedy"u8, details.Remedy);
    }
}
