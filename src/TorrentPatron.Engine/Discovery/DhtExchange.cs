using System.Buffers.Binary;
using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Questions of a DHT node and their answers: an answer counts if it repeats the question's number and comes from where the
/// question went; where a proxy looked up the name of whom it went to, the number alone tells. Guarded by the node's lock; times are those of one monotonic clock.
/// </summary>
/// <param name="port">Where datagrams go.</param>
/// <param name="budget">Bounds what is sent.</param>
internal sealed class DhtExchange(IDatagramPort port, DhtBudget budget)
{
    /// <summary>Questions of which the answer is waited for at once.</summary>
    public const int MostOpen = 256;

    /// <summary>Time after which no answer is expected any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly KrpcWriter _writer = new();
    private readonly Dictionary<uint, Question> _open = [];

    /// <summary>The questions in the order in which they were asked, answered ones among them.</summary>
    private readonly Queue<Question> _order = [];

    /// <summary>When the next question is given up; null where none is open.</summary>
    public TimeSpan? NextExpiry => _order.TryPeek(out Question? oldest) ? oldest.AskedAt + Patience : null;

    /// <summary>Bytes sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Whether another question may be asked now.</summary>
    public bool CanAsk(TimeSpan now) => _open.Count < MostOpen && budget.CanAsk(now);

    /// <summary>Asks.</summary>
    /// <param name="remote">Whom.</param>
    /// <param name="query">What; its number is filled in here.</param>
    /// <param name="done">
    /// Takes the answer, a <see cref="KrpcResponse"/> or <see cref="KrpcError"/> (null: none came), and where it came from: the address of
    /// whom was asked, also where that is known by name only.
    /// </param>
    /// <param name="now">The time.</param>
    public void Ask(IPEndPoint remote, KrpcQuery query, Action<KrpcMessage?, IPEndPoint, TimeSpan> done, TimeSpan now)
    {
        uint key = TransactionIds.Draw(_open.ContainsKey);
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(number, key);
        var question = new Question(key, remote, done, now);
        _open.Add(key, question);
        _order.Enqueue(question);
        Send(_writer.Write(query, number).Span, remote);
    }

    /// <summary>Sends an answer, if there is room for it.</summary>
    /// <param name="answer">The answer, a <see cref="KrpcResponse"/> or <see cref="KrpcError"/>.</param>
    /// <param name="remote">Who asked.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it was sent.</returns>
    public bool Answer(KrpcMessage answer, IPEndPoint remote, TimeSpan now)
    {
        if (!budget.CanAnswer(now))
            return false;
        Send((answer is KrpcError error ? _writer.Write(error, remote) : _writer.Write((KrpcResponse)answer)).Span, remote);
        return true;
    }

    /// <summary>An answer has come; what belongs to no question is passed over.</summary>
    /// <returns>Whether it was awaited.</returns>
    public bool Answered(KrpcMessage message, IPEndPoint remote, TimeSpan now)
    {
        if (message.TransactionId.Length != sizeof(uint)
            || !_open.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(message.TransactionId.Span), out Question? question)
            || !(question.Remote.Equals(remote) || question.Remote.Address is HostAddress))
            return false;
        _open.Remove(question.Key);
        question.IsOver = true;
        question.Done(message, remote, now);
        return true;
    }

    /// <summary>Gives up the questions to which no answer has come.</summary>
    public void Expire(TimeSpan now)
    {
        while (_order.TryPeek(out Question? oldest) && (oldest.IsOver || now - oldest.AskedAt >= Patience))
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

    private sealed class Question(uint key, IPEndPoint remote, Action<KrpcMessage?, IPEndPoint, TimeSpan> done, TimeSpan now)
    {
        public uint Key => key;

        public IPEndPoint Remote => remote;

        public Action<KrpcMessage?, IPEndPoint, TimeSpan> Done => done;

        public TimeSpan AskedAt => now;

        public bool IsOver { get; set; }
    }
}
