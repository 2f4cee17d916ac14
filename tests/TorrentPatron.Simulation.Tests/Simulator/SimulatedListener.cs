using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>A listening TCP port.</summary>
internal sealed class SimulatedListener(IPEndPoint local, Action close) : IListener
{
    private readonly Channel<SimulatedConnection> _waiting = Channel.CreateUnbounded<SimulatedConnection>();

    public IPEndPoint LocalEndPoint => local;

    public void Take(SimulatedConnection connection) => _waiting.Writer.TryWrite(connection);

    public async Task<IConnection> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("The listener is closed.", e);
        }
    }

    public void Dispose()
    {
        close();
        _waiting.Writer.TryComplete();
    }
}
