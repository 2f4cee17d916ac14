using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>One end of a stream.</summary>
internal sealed class SimulatedConnection(IPEndPoint remote, SimulatedPipe incoming, SimulatedPipe outgoing) : IConnection
{
    public IPEndPoint RemoteEndPoint => remote;

    /// <summary>The other end.</summary>
    public SimulatedConnection Other { get; set; } = null!;

    /// <summary>Incoming bytes.</summary>
    public SimulatedPipe Incoming => incoming;

    /// <summary>Whether this end is closed.</summary>
    public bool IsClosed { get; private set; }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => incoming.ReadAsync(buffer);

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => outgoing.WriteAsync(buffer);

    public void Dispose()
    {
        if (IsClosed)
            return;
        IsClosed = true;
        incoming.Break();
        outgoing.End();
    }

    /// <summary>Tells both ends at once that the connection is broken.</summary>
    public void Break()
    {
        IsClosed = Other.IsClosed = true;
        incoming.Break();
        outgoing.Break();
    }
}
