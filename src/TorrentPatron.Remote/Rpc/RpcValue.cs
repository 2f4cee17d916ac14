using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A valid JSON value in a line, or nothing. Valid only as long as the line's buffer is.</summary>
/// <param name="Json">The value's text; empty if there is none.</param>
internal readonly record struct RpcValue(ReadOnlyMemory<byte> Json)
{
    /// <summary>Whether there is no value.</summary>
    public bool IsEmpty => Json.IsEmpty;

    /// <summary>Deserializes it. No value counts as an object without members.</summary>
    /// <param name="type">The type to read.</param>
    /// <param name="value">The result; not null if it succeeds.</param>
    /// <returns>Whether the value is of the type.</returns>
    public bool TryRead<T>(JsonTypeInfo<T> type, out T value)
    {
        try
        {
            value = JsonSerializer.Deserialize(IsEmpty ? "{}"u8 : Json.Span, type)!;
            return value is not null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or FormatException
            or OverflowException or ArgumentException)
        {
            // Its message names types of the runtime, so it is never sent.
            value = default!;
            return false;
        }
    }
}
