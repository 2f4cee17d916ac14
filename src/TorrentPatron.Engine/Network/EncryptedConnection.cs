using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A connection after the handshake of message stream encryption: what is received is decrypted, and what is sent encrypted, where the
/// bytes lie, on the thread that has them in its cache.
/// </summary>
/// <param name="connection">The stream.</param>
/// <param name="handshake">The handshake, which is done.</param>
internal sealed class EncryptedConnection(IConnection connection, EncryptionHandshake handshake) : IConnection
{
    private readonly Rc4? _incoming = handshake.Incoming;
    private readonly Rc4? _outgoing = handshake.Outgoing;

    /// <summary>What has come with the handshake and was not received yet.</summary>
    private ReadOnlyMemory<byte> _early = handshake.Received;

    /// <inheritdoc/>
    public IPEndPoint RemoteEndPoint => connection.RemoteEndPoint;

    /// <inheritdoc/>
    public EncryptionMethods Encryption { get; } = handshake.Method;

    /// <inheritdoc/>
    public PeerTransport Transport => connection.Transport;

    /// <inheritdoc/>
    public int Overhead(int bytes) => connection.Overhead(bytes);

    /// <inheritdoc/>
    public TimeSpan? SendDelay => connection.SendDelay;

    /// <inheritdoc/>
    public TimeSpan ReceiveDelay => connection.ReceiveDelay;

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_early.Length == 0)
            return _incoming is null ? connection.ReceiveAsync(buffer) : DecryptAsync(buffer, _incoming);
        int count = Math.Min(buffer.Length, _early.Length);
        _early[..count].CopyTo(buffer);
        _early = count == _early.Length ? default : _early[count..];
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        _outgoing?.Apply(MemoryMarshal.AsMemory(buffer).Span);
        return connection.SendAsync(buffer);
    }

    /// <inheritdoc/>
    public void Acknowledge() => connection.Acknowledge();

    /// <inheritdoc/>
    public void SetReceiveThreshold(int bytes) => connection.SetReceiveThreshold(bytes);

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> DecryptAsync(Memory<byte> buffer, Rc4 cipher)
    {
        int received = await connection.ReceiveAsync(buffer).ConfigureAwait(false);
        cipher.Apply(buffer.Span[..received]);
        return received;
    }
}
