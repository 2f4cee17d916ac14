using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A stream within the process, bounded like a socket's buffers.</summary>
internal sealed class MemoryConnection(IPEndPoint remote, ByteQueue incoming, ByteQueue outgoing) : IConnection
{
    public IPEndPoint RemoteEndPoint { get; } = remote;

    public static (MemoryConnection Dialler, MemoryConnection Listener) Pair(IPEndPoint dialler, IPEndPoint listener)
    {
        ByteQueue there = new(), back = new();
        return (new MemoryConnection(listener, back, there), new MemoryConnection(dialler, there, back));
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => incoming.ReadAsync(buffer);

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => outgoing.WriteAsync(buffer);

    public void Dispose()
    {
        outgoing.End();
        incoming.Break();
    }
}
