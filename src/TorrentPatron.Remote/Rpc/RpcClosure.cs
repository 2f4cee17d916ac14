using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Why a connection has ended.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Error">The error for people; pending calls fail with it.</param>
internal sealed record RpcClosure(RpcClosureCause Cause, TorrentError Error);

/// <summary>The causes for which a connection ends.</summary>
internal enum RpcClosureCause
{
    /// <summary>This side closed it.</summary>
    Closed,

    /// <summary>The other side closed it, or died.</summary>
    ClosedByPartner,

    /// <summary>The connection broke.</summary>
    Broken,

    /// <summary>The other side sent a line that is longer than allowed.</summary>
    LineTooLong,

    /// <summary>The other side sent too many messages that are not JSON-RPC.</summary>
    NotRpc,

    /// <summary>The other side did not read its messages within the flush deadline.</summary>
    NotRead,

    /// <summary>The other side did not say hello in time.</summary>
    Silent,

    /// <summary>The versions are incompatible, or the first message was not hello.</summary>
    HelloFailed,

    /// <summary>An internal error of this side, which has been recorded.</summary>
    Fault,
}
