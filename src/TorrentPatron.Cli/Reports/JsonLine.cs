using System.Text.Json;
using System.Text.Json.Serialization;

namespace TorrentPatron.Cli.Reports;

/// <summary>Writes an object as one line of JSON. Its members are always all there, null where there is nothing to say.</summary>
internal static class JsonLine
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The line, without its end.</summary>
    /// <param name="value">What to write.</param>
    public static string Of<T>(T value) => JsonSerializer.Serialize(value, Options);
}
