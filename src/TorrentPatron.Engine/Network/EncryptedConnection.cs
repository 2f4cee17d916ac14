using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A connection after the handshake of message stream encryption: decrypts received data and encrypts sent data in place, on the
/// thread that has it in its cache.
/// </summary>
/// <param name="connection">The stream.</param>
/// <param name="handshake">The completed handshake.</param>
internal sealed class EncryptedConnection(IConnection connection, EncryptionHandshake handshake) : IConnection
{
    private readonly Rc4? _incoming = handshake.Incoming;
    private readonly Rc4? _outgoing = handshake.Outgoing;

    /// <summary>Data that arrived with the handshake and has not been read yet.</summary>
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
