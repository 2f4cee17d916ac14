using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Questions and answers over one socket: many at once, told apart by their transaction ids (BEP 15).</summary>
internal sealed class UdpExchange : IDisposable
{
    /// <summary>
    /// How often a question is repeated. BEP 15 goes up to 8 times, which is two hours: the announcer comes back to a
    /// silent tracker by itself, and until then the next one shall have its turn.
    /// </summary>
    public const int MaxRepeats = 1;

    /// <summary>How long the first answer is waited for; each repeat doubles it.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);

    private const int LongestDatagram = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Question> _open = [];
    private readonly IDatagramSocket _socket;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private bool _isBroken;

    /// <summary>Begins to receive.</summary>
    /// <param name="socket">The socket, disposed with this.</param>
    /// <param name="random">Source of transaction ids.</param>
    /// <param name="time">The clock for repeats.</param>
    public UdpExchange(IDatagramSocket socket, Random random, TimeProvider time)
    {
        _socket = socket;
        _random = random;
        _time = time;
        _ = ReceiveAsync();
    }

    /// <summary>Whether the socket has failed, so that nothing more can be asked here.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_gate)
                return _isBroken;
        }
    }

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="tracker">Whom to ask; answers from elsewhere are ignored.</param>
    /// <param name="write">Makes the question with a given transaction id.</param>
    /// <param name="read">Reads the answer to the question with that transaction id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">No answer came.</exception>
    /// <exception cref="IOException">The network refused, or this was disposed.</exception>
    /// <exception cref="TrackerFailureException">From <paramref name="read"/>.</exception>
    public async Task<T> AskAsync<T>(
        IPEndPoint tracker, Func<uint, byte[]> write, Func<byte[], uint, T> read, CancellationToken cancellationToken)
    {
        var question = new Question(tracker);
        uint transactionId = Open(question);
        try
        {
            byte[] datagram = write(transactionId);
            for (int repeat = 0; repeat <= MaxRepeats; repeat++)
            {
                // The wait begins before the datagram leaves, so that an answer cannot be faster than it.
                Task<byte[]> answer = question.Answer.Task.WaitAsync(FirstWait * (1 << repeat), _time, cancellationToken);
                await _socket.SendAsync(datagram, tracker, cancellationToken).ConfigureAwait(false);
                await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (answer is not { IsFaulted: true, Exception.InnerException: TimeoutException })
                    return read(await answer.ConfigureAwait(false), transactionId);
            }

            throw new TimeoutException();
        }
        finally
        {
            lock (_gate)
                _open.Remove(transactionId);
            question.Answer.TrySetCanceled(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        Break();
    }

    private uint Open(Question question)
    {
        lock (_gate)
        {
            if (_isBroken)
                throw new IOException("The socket is closed.");

            uint transactionId;
            do
                transactionId = (uint)_random.NextInt64(uint.MaxValue + 1L);
            while (!_open.TryAdd(transactionId, question));
            return transactionId;
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[LongestDatagram];
        try
        {
            while (true)
            {
                (int length, IPEndPoint remote) =
                    await _socket.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false);
                Deliver(buffer.AsSpan(0, length), remote);
            }
        }
        catch (IOException)
        {
            Break();
        }
    }

    private void Deliver(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        if (!UdpTrackerCodec.TryReadTransactionId(datagram, out uint transactionId))
            return;

        lock (_gate)
        {
            if (_open.TryGetValue(transactionId, out Question? question) && question.Tracker.Equals(remote))
                question.Answer.TrySetResult(datagram.ToArray());
        }
    }

    private void Break()
    {
        lock (_gate)
        {
            _isBroken = true;
            foreach (Question question in _open.Values)
                question.Answer.TrySetException(new IOException("The socket is closed."));
        }
    }

    private sealed class Question(IPEndPoint tracker)
    {
        public IPEndPoint Tracker { get; } = tracker;

        public TaskCompletionSource<byte[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
