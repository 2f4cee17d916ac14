using System.Text.Json;
using System.Text.Json.Serialization;

namespace TorrentPatron.Cli.Reports;

/// <summary>Writes a report as one line of JSON, by generated code. Its members are always all there, null where there is nothing to say.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TorrentReport))]
[JsonSerializable(typeof(SavedReport))]
[JsonSerializable(typeof(InfoReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ChangeReport))]
[JsonSerializable(typeof(CheckReport))]
internal sealed partial class JsonLine : JsonSerializerContext
{
    /// <summary>The line, without its end.</summary>
    /// <param name="value">A report.</param>
    public static string Of<T>(T value) => JsonSerializer.Serialize(value, typeof(T), Default);
}
