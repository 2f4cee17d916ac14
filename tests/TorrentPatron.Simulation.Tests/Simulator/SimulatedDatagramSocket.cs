using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>A UDP port of a host, or one that has joined a group. What comes while too much waits is lost.</summary>
internal sealed class SimulatedDatagramSocket(SimulatedNetwork network, SimulatedHost host, IPEndPoint local, Action close) : IDatagramSocket
{
    private const int MostWaiting = 500;

    private readonly Channel<(byte[] Datagram, IPEndPoint From)> _waiting = Channel.CreateBounded<(byte[], IPEndPoint)>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    public IPEndPoint LocalEndPoint => local;

    public SimulatedHost Host => host;

    public void Take(byte[] datagram, IPEndPoint from) => _waiting.Writer.TryWrite((datagram, from));

    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        network.Send(host, datagram.ToArray(), new IPEndPoint(host.Address, local.Port), remote);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<(int Length, IPEndPoint Remote)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            (byte[] datagram, IPEndPoint from) = await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            int length = Math.Min(datagram.Length, buffer.Length);
            datagram.AsMemory(0, length).CopyTo(buffer);
            return (length, from);
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("The socket is closed.", e);
        }
    }

    public void Dispose()
    {
        close();
        _waiting.Writer.TryComplete();
    }
}
