using System.Text.Json;
using System.Text.Json.Serialization;

namespace TorrentPatron.Cli.Reports;

/// <summary>Writes a report as one line of JSON with generated code. All members are always present, and null if they do not apply.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TorrentReport))]
[JsonSerializable(typeof(SavedReport))]
[JsonSerializable(typeof(InfoReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ChangeReport))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(UpdateReport))]
internal sealed partial class JsonLine : JsonSerializerContext
{
    /// <summary>The line, without a line break.</summary>
    /// <param name="value">A report.</param>
    public static string Of<T>(T value) => JsonSerializer.Serialize(value, typeof(T), Default);
}
