using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>Passes sent datagrams to the test, and the test's datagrams to the attached protocols.</summary>
internal sealed class FakeDatagramPort : IDatagramPort
{
    private readonly Channel<byte[]> _sent = Channel.CreateUnbounded<byte[]>();
    private readonly List<IDatagramHandler> _handlers = [];

    public bool IsSilent => !_sent.Reader.TryPeek(out _);

    /// <summary>The failure of every send; null: sends succeed.</summary>
    public SocketError? Refusal { get; set; }

    public void Attach(IDatagramHandler handler) => _handlers.Add(handler);

    /// <summary>The next sent datagram. Fails, rather than waiting for ever, if none is sent.</summary>
    public async Task<byte[]> SentAsync()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        return await _sent.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
    }

    /// <summary>Delivers a datagram.</summary>
    /// <returns>Whether a protocol accepted it.</returns>
    public bool Deliver(byte[] datagram, IPEndPoint from) => _handlers.Exists(handler => handler.TryHandle(datagram, from));

    public bool Has(AddressFamily family) => true;

    public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote) => _sent.Writer.TryWrite(datagram.ToArray());

    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        if (Refusal is { } refusal)
            throw new IOException("refused", new SocketException((int)refusal));
        Send(datagram.Span, remote);
        return ValueTask.CompletedTask;
    }
}
