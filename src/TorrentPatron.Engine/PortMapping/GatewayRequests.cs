using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>Sends datagram queries to a router, repeated until it answers.</summary>
/// <param name="network">The network.</param>
/// <param name="gateway">The router.</param>
/// <param name="time">The clock.</param>
internal sealed class GatewayRequests(INetwork network, NetworkGateway gateway, TimeProvider time)
{
    /// <summary>
    /// The number of attempts: with timeouts of 250, 500 and 1,000 ms, as in both RFCs, but no longer, because the user waits.
    /// </summary>
    private const int Tries = 4;

    private const int MostAnswers = 100;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <summary>The router.</summary>
    public NetworkGateway Gateway => gateway;

    /// <summary>Sends a query until there is an answer.</summary>
    /// <param name="request">The query.</param>
    /// <param name="read">Reads an answer; null if it does not answer this query.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PortMappingException">No answer came.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    public async Task<T> AskAsync<T>(byte[] request, Func<ReadOnlyMemory<byte>, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var router = new IPEndPoint(gateway.Address, PcpCodec.ServerPort);
        var batch = new DatagramBatch(4, PcpCodec.LongestDatagram);
        int answers = 0;
        using IDatagramSocket socket = network.OpenDatagrams(new IPEndPoint(gateway.Local, 0), NetworkUse.Peers);
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            using var timeout = new CancellationTokenSource(FirstWait * (1 << attempt), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            await socket.SendAsync(request, router, cancellationToken).ConfigureAwait(false);
            try
            {
                while (answers < MostAnswers)
                {
                    await socket.ReceiveAsync(batch, either.Token).ConfigureAwait(false);
                    for (int i = 0; i < batch.Count && answers++ < MostAnswers; i++)
                    {
                        // Only answers from the router itself count.
                        if (batch.Remote(i).Equals(router) && read(batch[i]) is { } answer)
                            return answer;
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Send it again.
            }
        }

        throw new PortMappingException("The router does not answer.", isAbsent: true);
    }
}
