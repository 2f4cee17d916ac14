using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A connection to a host through a proxy, after the handshake with the proxy.</summary>
/// <param name="connection">The connection to the proxy.</param>
/// <param name="remoteEndPoint">The host.</param>
/// <param name="early">Stream data that arrived with the handshake.</param>
internal sealed class ProxiedConnection(IConnection connection, IPEndPoint remoteEndPoint, ReadOnlyMemory<byte> early) : IConnection
{
    private ReadOnlyMemory<byte> _early = early;

    /// <summary>The host, not the proxy.</summary>
    public IPEndPoint RemoteEndPoint => remoteEndPoint;

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_early.Length == 0)
            return connection.ReceiveAsync(buffer);
        int count = Math.Min(buffer.Length, _early.Length);
        _early[..count].CopyTo(buffer);
        _early = count == _early.Length ? default : _early[count..];
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => connection.SendAsync(buffer);

    /// <inheritdoc/>
    public void Acknowledge() => connection.Acknowledge();

    /// <inheritdoc/>
    public void SetReceiveThreshold(int bytes) => connection.SetReceiveThreshold(bytes);

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
