using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A message as it came. Its JSON lies in the line's buffer and is good only while that is.</summary>
internal abstract record RpcMessage;

/// <summary>A request, which wants a response.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Method">What is asked for.</param>
/// <param name="Params">The parameters: an object, an array, or nothing.</param>
internal sealed record RpcRequest(RpcId Id, string Method, RpcValue Params) : RpcMessage;

/// <summary>A notification, which is not answered.</summary>
/// <param name="Method">What it tells.</param>
/// <param name="Params">The parameters: an object, an array, or nothing.</param>
internal sealed record RpcNotification(string Method, RpcValue Params) : RpcMessage;

/// <summary>The answer to a request that succeeded.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="Result">What came of it.</param>
internal sealed record RpcResponse(RpcId Id, RpcValue Result) : RpcMessage;

/// <summary>The answer to a request that failed.</summary>
/// <param name="Id">The request's id; null where the other side could not read it.</param>
/// <param name="Error">Why.</param>
internal sealed record RpcErrorResponse(RpcId? Id, RpcError Error) : RpcMessage;

/// <summary>What is not a message of JSON-RPC, or a batch of them.</summary>
/// <param name="Id">The id to answer with; null: there is none, or it cannot be read.</param>
/// <param name="Code">The code to answer with.</param>
/// <param name="IsResponse">Whether it looks like a response: that is never answered, lest two sides answer each other for ever.</param>
internal sealed record RpcInvalid(RpcId? Id, int Code, bool IsResponse = false) : RpcMessage;

/// <summary>Why a request failed.</summary>
/// <param name="Code">One of <see cref="RpcErrorCode"/>, or a code that this version does not know.</param>
/// <param name="Details">The service's own error; null for the codes of JSON-RPC itself.</param>
internal sealed record RpcError(int Code, TorrentError? Details = null);
