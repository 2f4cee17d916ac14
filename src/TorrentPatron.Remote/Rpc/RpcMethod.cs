using System.Text.Json.Serialization.Metadata;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A method: its name on the wire and how its parameters and its result are written. Both sides share one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Params">The parameters, an object.</param>
/// <param name="Result">The result.</param>
internal sealed record RpcMethod<TParams, TResult>(string Name, JsonTypeInfo<TParams> Params, JsonTypeInfo<TResult> Result);

/// <summary>A kind of notification: its name on the wire and how its parameters are written. Both sides share one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Params">The parameters, an object.</param>
internal sealed record RpcNotice<TParams>(string Name, JsonTypeInfo<TParams> Params);
