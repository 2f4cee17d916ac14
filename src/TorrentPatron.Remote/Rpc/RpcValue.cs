using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A value of JSON in a line, which has been found valid; or nothing. Good only while the line's buffer is.</summary>
/// <param name="Json">The value's text; empty: there is none.</param>
internal readonly record struct RpcValue(ReadOnlyMemory<byte> Json)
{
    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Json.IsEmpty;

    /// <summary>Reads it by generated code. Nothing counts as an object without members.</summary>
    /// <param name="type">The type to read.</param>
    /// <param name="value">What was read; never null where it succeeds.</param>
    /// <returns>False where it is something else.</returns>
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
            // What it says names types of the runtime: it is told to nobody.
            value = default!;
            return false;
        }
    }
}
