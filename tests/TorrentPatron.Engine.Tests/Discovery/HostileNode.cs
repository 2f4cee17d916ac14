using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>
/// A node on loopback that answers every query with garbage, unrequested answers, nodes and peers that do
/// not exist, and a hundred queries of its own.
/// </summary>
internal sealed class HostileNode : IDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Random _random = new(1);
    private readonly NodeId _self;

    public HostileNode()
    {
        _self = NodeId.Create(_random);
        EndPoint = (IPEndPoint)_socket.Client.LocalEndPoint!;
        _ = LieAsync();
    }

    /// <summary>Its end point.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Number of queries answered.</summary>
    public int Lies { get; private set; }

    public void Dispose() => _socket.Dispose();

    private async Task LieAsync()
    {
        try
        {
            while (true)
            {
                UdpReceiveResult received = await _socket.ReceiveAsync();
                if (!KrpcReader.TryRead(received.Buffer, out KrpcMessage? message) || message is not KrpcQuery query)
                    continue;
                Lies++;
                foreach (ReadOnlyMemory<byte> lie in Lie(query))
                    await _socket.SendAsync(lie, received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The node is closed.
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Lie(KrpcQuery query)
    {
        var garbage = new byte[1_400];
        _random.NextBytes(garbage);
        yield return garbage;
        garbage[0] = (byte)'d';
        yield return garbage;
        yield return "d1:rd2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes9999999:"u8.ToArray();
        for (int i = 0; i < 100; i++)
        {
            yield return new KrpcWriter().Write(new KrpcResponse { TransactionId = BitConverter.GetBytes(i), Sender = NodeId.Create(_random), Nodes = [Nobody()] });
            yield return new KrpcWriter().Write(new FindNodeQuery { TransactionId = "aa"u8.ToArray(), Sender = NodeId.Create(_random), Target = _self });
        }

        yield return new KrpcWriter().Write(new KrpcResponse
        {
            TransactionId = query.TransactionId,
            Sender = _self,
            Requester = new IPEndPoint(IPAddress.Parse("66.6.6.6"), 666),
            Nodes = [.. Enumerable.Range(0, 50).Select(_ => Nobody())],
            Peers = [.. Enumerable.Range(0, 50).Select(_ => Nobody().EndPoint)],
            Token = "believe me"u8.ToArray(),
        });
    }

    // Port 9 of this machine: unused, so the failure is immediate.
    private NodeContact Nobody() =>
        new(NodeId.Create(_random), new IPEndPoint(new IPAddress([127, (byte)_random.Next(1, 255), (byte)_random.Next(256), (byte)_random.Next(1, 255)]), 9));
}
