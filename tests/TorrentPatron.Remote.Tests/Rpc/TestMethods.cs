using System.Text.Json.Serialization;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Tests.Rpc;

internal sealed class Text
{
    public string Value { get; set; } = "";
}

internal sealed class Number
{
    public int Value { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Text))]
[JsonSerializable(typeof(Number))]
internal sealed partial class TestJson : JsonSerializerContext;

/// <summary>Methods for tests.</summary>
internal static class TestMethods
{
    public static RpcMethod<Text, Text> Echo { get; } = new("echo", TestJson.Default.Text, TestJson.Default.Text);

    /// <summary>Returns a number of characters.</summary>
    public static RpcMethod<Number, Text> Fill { get; } = new("fill", TestJson.Default.Number, TestJson.Default.Text);

    /// <summary>Waits until it is cancelled.</summary>
    public static RpcMethod<RpcNothing, RpcNothing> Wait { get; } = new("wait", RpcJson.Default.RpcNothing, RpcJson.Default.RpcNothing);

    /// <summary>Throws.</summary>
    public static RpcMethod<Text, RpcNothing> Throw { get; } = new("throw", TestJson.Default.Text, RpcJson.Default.RpcNothing);

    /// <summary>Runs a shell command.</summary>
    public static RpcMethod<Text, Text> Run { get; } = new("run", TestJson.Default.Text, TestJson.Default.Text);

    public static RpcNotice<Number> Tick { get; } = new("tick", TestJson.Default.Number);

    /// <summary>A table of all test methods.</summary>
    public static RpcMethodTable Table() => new RpcMethodTable()
        .Add(Echo, (text, _) => ValueTask.FromResult(text))
        .Add(Fill, (number, _) => ValueTask.FromResult(new Text { Value = new string('x', number.Value) }))
        .Add(Wait, async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return RpcNothing.Value;
        })
        .Add(Throw, (text, _) => throw Exceptions.Of(text.Value));

    private static class Exceptions
    {
        public static Exception Of(string kind) => kind switch
        {
            "torrent" => new Service.Errors.TorrentException(new Engine.Client.TorrentError("TorrentInUse", "It runs in process 7.", "Stop it there.")),
            "cancelled" => new OperationCanceledException("secret"),
            "json" => new System.Text.Json.JsonException("System.Secret"),
            _ => new InvalidOperationException("System.Secret"),
        };
    }
}
