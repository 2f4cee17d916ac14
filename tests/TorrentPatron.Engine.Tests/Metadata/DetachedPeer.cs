using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Tests.Limits;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Metadata;

/// <summary>A peer without a network: it keeps the messages sent to it, and the test hands over its answers.</summary>
internal abstract class DetachedPeer : IPeerOwner, IConnection
{
    private readonly Lock _gate = new();
    private readonly List<byte> _sent = [];

    protected DetachedPeer(int number, bool isV2, ExtensionTable extensions, TimeProvider time)
    {
        RemoteEndPoint = new IPEndPoint(new IPAddress([80, 1, 1, (byte)number]), 6881);
        var handshake = new Handshake(default, default, SupportsFast: true, SupportsExtensions: true, SupportsDht: false) { IsV2 = isV2 };
        Peer = new PeerConnection(this, this, handshake, isIncoming: false, extensions, NoLimits.Make(), time);
    }

    public PeerConnection Peer { get; }

    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>Takes the messages that were sent to it since the last time.</summary>
    public List<(MessageId Id, byte[] Body)> TakeSent()
    {
        Peer.Sender.Flush();
        lock (_gate)
        {
            ReadOnlySpan<byte> rest = _sent.ToArray();
            _sent.Clear();
            List<(MessageId, byte[])> messages = [];
            while (PeerMessage.TryRead(rest, 1 << 20, out PeerMessage message, out int size) == ReadResult.Complete)
            {
                messages.Add((message.Id, message.Body.ToArray()));
                rest = rest[size..];
            }

            return messages;
        }
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => throw new NotSupportedException();

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        lock (_gate)
            _sent.AddRange(buffer.Span);
        return default;
    }

    public void Dispose()
    {
    }

    public void PeerClosed(PeerConnection peer, string reason, ClosedBy by)
    {
    }

    public void PeerFaulted(PeerConnection peer, string root, Exception fault) => Assert.Fail(fault.ToString());

    public void PeerHasDhtNode(PeerConnection peer, ushort port)
    {
    }

    public void PeerSeesUs(PeerConnection peer, IPAddress address)
    {
    }
}
