using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Why a connection has ended.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Error">The same for people; calls that were under way fail with it.</param>
internal sealed record RpcClosure(RpcClosureCause Cause, TorrentError Error);

/// <summary>The causes for which a connection ends.</summary>
internal enum RpcClosureCause
{
    /// <summary>This side has ended it.</summary>
    Closed,

    /// <summary>The other side has ended it, or has died.</summary>
    ClosedByPartner,

    /// <summary>The connection broke.</summary>
    Broken,

    /// <summary>The other side sent a line that is longer than allowed.</summary>
    LineTooLong,

    /// <summary>The other side sent too much that is not JSON-RPC.</summary>
    NotRpc,

    /// <summary>The other side did not read what it was sent within the flush deadline.</summary>
    NotRead,

    /// <summary>The other side did not say hello in time.</summary>
    Silent,

    /// <summary>Two versions that do not understand each other, or something else than hello at first.</summary>
    HelloFailed,

    /// <summary>A fault of this side, which has been recorded.</summary>
    Fault,
}
