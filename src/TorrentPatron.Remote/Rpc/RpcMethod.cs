using System.Text.Json.Serialization.Metadata;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A method: its name and the types of its parameters and result. Both sides share it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Params">The parameters, an object.</param>
/// <param name="Result">The result.</param>
/// <param name="IsLong">
/// Whether it may take as long as a disk does. Such requests are counted separately, so that they leave room for others.
/// </param>
internal sealed record RpcMethod<TParams, TResult>(string Name, JsonTypeInfo<TParams> Params, JsonTypeInfo<TResult> Result, bool IsLong = false)
{
    /// <summary>What it does, for errors: an infinitive that follows "to" or "may"; by default its name.</summary>
    public string Purpose { get; init; } = Name;
}

/// <summary>A kind of notification: its name and the type of its parameters. Both sides share it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Params">The parameters, an object.</param>
internal sealed record RpcNotice<TParams>(string Name, JsonTypeInfo<TParams> Params);
