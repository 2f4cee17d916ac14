using System.Buffers.Binary;
using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Matches a DHT node's queries with their answers. An answer must repeat the query's transaction id and come from the queried
/// address; if a proxy resolved the name of the queried node, the id alone decides. Guarded by the node's lock; times come from
/// one monotonic clock.
/// </summary>
/// <param name="port">Sends datagrams.</param>
/// <param name="budget">Limits the bytes sent.</param>
internal sealed class DhtExchange(IDatagramPort port, DhtBudget budget)
{
    /// <summary>The most queries that await an answer at once.</summary>
    public const int MostOpen = 256;

    /// <summary>How long to wait for an answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly KrpcWriter _writer = new();
    private readonly Dictionary<uint, PendingQuery> _open = [];

    /// <summary>The queries in the order they were sent, including answered ones.</summary>
    private readonly Queue<PendingQuery> _order = [];

    /// <summary>When the next query expires; null if none is open.</summary>
    public TimeSpan? NextExpiry => _order.TryPeek(out PendingQuery? oldest) ? oldest.AskedAt + Patience : null;

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Whether another query may be sent now.</summary>
    public bool CanAsk(TimeSpan now) => _open.Count < MostOpen && budget.CanAsk(now);

    /// <summary>Sends a query.</summary>
    /// <param name="remote">The node's address.</param>
    /// <param name="query">The query; its transaction id is filled in here.</param>
    /// <param name="done">
    /// Takes the answer, a <see cref="KrpcResponse"/> or <see cref="KrpcError"/> (null if none came), and the address it came
    /// from: the node's real address, even if only its name was known.
    /// </param>
    /// <param name="now">The time.</param>
    public void Ask(IPEndPoint remote, KrpcQuery query, Action<KrpcMessage?, IPEndPoint, TimeSpan> done, TimeSpan now)
    {
        uint key = TransactionIds.Draw(_open.ContainsKey);
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(number, key);
        var pending = new PendingQuery(key, remote, done, now);
        _open.Add(key, pending);
        _order.Enqueue(pending);
        Send(_writer.Write(query, number).Span, remote);
    }

    /// <summary>Sends an answer, if there is room for it.</summary>
    /// <param name="answer">The answer, a <see cref="KrpcResponse"/> or <see cref="KrpcError"/>.</param>
    /// <param name="remote">The querying node.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it was sent.</returns>
    public bool Answer(KrpcMessage answer, IPEndPoint remote, TimeSpan now)
    {
        if (!budget.CanAnswer(now))
            return false;
        Send((answer is KrpcError error ? _writer.Write(error, remote) : _writer.Write((KrpcResponse)answer)).Span, remote);
        return true;
    }

    /// <summary>Handles an answer. An answer that matches no pending query is ignored.</summary>
    /// <returns>Whether it was awaited.</returns>
    public bool Answered(KrpcMessage message, IPEndPoint remote, TimeSpan now)
    {
        if (message.TransactionId.Length != sizeof(uint)
            || !_open.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(message.TransactionId.Span), out PendingQuery? pending)
            || !(pending.Remote.Equals(remote) || pending.Remote.Address is HostAddress))
            return false;
        _open.Remove(pending.Key);
        pending.IsOver = true;
        pending.Done(message, remote, now);
        return true;
    }

    /// <summary>Ends the queries that were not answered in time.</summary>
    public void Expire(TimeSpan now)
    {
        while (_order.TryPeek(out PendingQuery? oldest) && (oldest.IsOver || now - oldest.AskedAt >= Patience))
        {
            _order.Dequeue();
            if (_open.Remove(oldest.Key))
                oldest.Done(null, oldest.Remote, now);
        }
    }

    private void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        budget.Spend(datagram.Length);
        BytesSent += datagram.Length;
        port.Send(datagram, remote);
    }

    private sealed class PendingQuery(uint key, IPEndPoint remote, Action<KrpcMessage?, IPEndPoint, TimeSpan> done, TimeSpan now)
    {
        public uint Key => key;

        public IPEndPoint Remote => remote;

        public Action<KrpcMessage?, IPEndPoint, TimeSpan> Done => done;

        public TimeSpan AskedAt => now;

        public bool IsOver { get; set; }
    }
}
