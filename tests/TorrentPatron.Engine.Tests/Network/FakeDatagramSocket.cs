using System.Net;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>Passes sent datagrams to the test, and receives those that the test delivers.</summary>
internal sealed class FakeDatagramSocket : IDatagramSocket
{
    private readonly Channel<(byte[] Datagram, IPEndPoint Remote)> _sent = Channel.CreateUnbounded<(byte[], IPEndPoint)>();
    private readonly Channel<(byte[] Datagram, IPEndPoint Remote)> _received = Channel.CreateUnbounded<(byte[], IPEndPoint)>();

    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Loopback, 1);

    public bool IsSilent => !_sent.Reader.TryPeek(out _);

    /// <summary>The next sent datagram. Fails, rather than waiting for ever, if none is sent.</summary>
    public async Task<byte[]> SentAsync()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Task<(byte[] Datagram, IPEndPoint Remote)> sent = _sent.Reader.ReadAsync(cancellationToken).AsTask();
        return (await sent.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken)).Datagram;
    }

    public void Deliver(byte[] datagram, IPEndPoint from) => _received.Writer.TryWrite((datagram, from));

    public void Break() => _received.Writer.TryComplete(new IOException("broken"));

    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        _sent.Writer.TryWrite((datagram.ToArray(), remote));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        int sent = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            await SendAsync(batch[i], batch.Remote(i), cancellationToken);
            sent += batch[i].Length;
        }

        return sent;
    }

    public async ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        try
        {
            (byte[] datagram, IPEndPoint remote) = await _received.Reader.ReadAsync(cancellationToken);
            Assert.True(batch.TryAdd(datagram, remote));
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("closed", e);
        }
    }

    public void Dispose() => _received.Writer.TryComplete();
}
