using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A received message. Its JSON is in the line's buffer and valid only as long as that is.</summary>
internal abstract record RpcMessage;

/// <summary>A request, which expects a response.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Method">The method.</param>
/// <param name="Params">The parameters: an object, an array, or nothing.</param>
internal sealed record RpcRequest(RpcId Id, string Method, RpcValue Params) : RpcMessage;

/// <summary>A notification, which is not answered.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Params">The parameters: an object, an array, or nothing.</param>
internal sealed record RpcNotification(string Method, RpcValue Params) : RpcMessage;

/// <summary>The response to a request that succeeded.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="Result">The result.</param>
internal sealed record RpcResponse(RpcId Id, RpcValue Result) : RpcMessage;

/// <summary>The response to a request that failed.</summary>
/// <param name="Id">The request's id; null if the other side could not read it.</param>
/// <param name="Error">The error.</param>
internal sealed record RpcErrorResponse(RpcId? Id, RpcError Error) : RpcMessage;

/// <summary>An invalid message, or a batch of messages.</summary>
/// <param name="Id">The id to answer with; null if there is none or it cannot be read.</param>
/// <param name="Code">The code to answer with.</param>
/// <param name="IsResponse">Whether it looks like a response: those are never answered, so that two sides cannot answer each other for ever.</param>
internal sealed record RpcInvalid(RpcId? Id, int Code, bool IsResponse = false) : RpcMessage;

/// <summary>The error of a failed request.</summary>
/// <param name="Code">One of <see cref="RpcErrorCode"/>, or an unknown code.</param>
/// <param name="Details">The service's own error; null for the JSON-RPC codes.</param>
internal sealed record RpcError(int Code, TorrentError? Details = null);
