using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace TorrentPatron.Remote.Rpc;

/// <summary>
/// The id of a request: a number or a string, kept as it was received, so that the response has the same bytes. Ids are equal if their JSON
/// is.
/// </summary>
internal readonly record struct RpcId
{
    private const int MostPlainDigits = 18;

    private readonly long _number;
    private readonly string? _json;

    /// <summary>Creates a numeric id.</summary>
    /// <param name="number">0 or more.</param>
    public RpcId(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        _number = number;
    }

    private RpcId(string json) => _json = json;

    /// <summary>Reads the JSON of an id, a valid token.</summary>
    /// <param name="json">The token; a string includes its quotation marks.</param>
    public static RpcId FromJson(ReadOnlySpan<byte> json) =>
        json.Length <= MostPlainDigits && !json.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(json, out long number, out _)
            ? new RpcId(number) : new RpcId(Encoding.UTF8.GetString(json));

    /// <summary>The number, if it is a whole number without sign; otherwise null.</summary>
    public long? Number => _json is null ? _number : null;

    /// <summary>Writes the id as it was received.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        if (_json is null)
            writer.WriteNumberValue(_number);
        else
            writer.WriteRawValue(_json, skipInputValidation: true);
    }

    /// <summary>The id's JSON.</summary>
    public override string ToString() => _json ?? _number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
