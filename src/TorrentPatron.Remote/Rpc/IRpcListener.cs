using TorrentPatron.Remote.Endpoints;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Accepts clients of the service.</summary>
internal interface IRpcListener : IAsyncDisposable
{
    /// <summary>Its address, for people.</summary>
    string Address { get; }

    /// <summary>Waits for the next permitted client; refuses others.</summary>
    /// <exception cref="IOException">No client can be accepted at the moment.</exception>
    ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken);
}

/// <summary>A new connection.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Peer">The client's credentials from the system.</param>
internal sealed record RpcTransport(Stream Stream, PeerCredential Peer) : IDisposable
{
    /// <summary>The client's access.</summary>
    public ServiceAccess Access { get; init; } = ServiceAccess.Own;

    /// <summary>Ends the connection.</summary>
    public void Dispose() => Stream.Dispose();
}

/// <summary>The credentials of the other end of a local connection, from the system.</summary>
/// <param name="User">The user: a uid, or a SID on Windows.</param>
/// <param name="ProcessId">The process that connected; null if the system does not say.</param>
internal readonly record struct PeerCredential(string User, int? ProcessId)
{
    /// <summary>A text for people.</summary>
    public override string ToString() => ProcessId is { } id ? $"user {User}, process {id}" : $"user {User}";
}
