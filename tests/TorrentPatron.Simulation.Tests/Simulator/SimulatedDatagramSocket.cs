using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>A UDP port of a host, or one that has joined a group. Datagrams that arrive while too many wait are lost.</summary>
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

    public ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        int sent = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            network.Send(host, batch[i].ToArray(), new IPEndPoint(host.Address, local.Port), batch.Remote(i));
            sent += batch[i].Length;
        }

        return ValueTask.FromResult(sent);
    }

    public async ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        try
        {
            Add(await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("The socket is closed.", e);
        }

        while (!batch.IsFull && _waiting.Reader.TryRead(out (byte[] Datagram, IPEndPoint From) next))
            Add(next);

        void Add((byte[] Datagram, IPEndPoint From) received) =>
            batch.TryAdd(received.Datagram.AsSpan(0, Math.Min(received.Datagram.Length, batch.LongestDatagram)), received.From);
    }

    public void Dispose()
    {
        close();
        _waiting.Writer.TryComplete();
    }
}
