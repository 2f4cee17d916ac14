using TorrentPatron.Remote.Endpoints;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Where clients of the service arrive.</summary>
internal interface IRpcListener : IAsyncDisposable
{
    /// <summary>Where that is, for people.</summary>
    string Address { get; }

    /// <summary>Waits for the next client that may come in; others are turned away.</summary>
    /// <exception cref="IOException">None can be taken just now.</exception>
    ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken);
}

/// <summary>A new connection.</summary>
/// <param name="Stream">Its bytes.</param>
/// <param name="Peer">Who is at the other end, by the system's word.</param>
internal sealed record RpcTransport(Stream Stream, PeerCredential Peer) : IDisposable
{
    /// <summary>What the client may do.</summary>
    public ServiceAccess Access { get; init; } = ServiceAccess.Own;

    /// <summary>Ends the connection.</summary>
    public void Dispose() => Stream.Dispose();
}

/// <summary>Who is at the other end of a local connection, by the system's word.</summary>
/// <param name="User">The user: a uid, or a SID on Windows.</param>
/// <param name="ProcessId">The process that connected; null: the system does not say.</param>
internal readonly record struct PeerCredential(string User, int? ProcessId)
{
    /// <summary>For people.</summary>
    public override string ToString() => ProcessId is { } id ? $"user {User}, process {id}" : $"user {User}";
}
