using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Questions and answers over one port: many at once, told apart by their transaction ids (BEP 15). Thread-safe.</summary>
/// <param name="port">Where questions leave; what comes is given to <see cref="TryHandle"/>.</param>
/// <param name="time">The clock for repeats.</param>
internal sealed class UdpExchange(IDatagramPort port, TimeProvider time) : IDatagramHandler, IDisposable
{
    /// <summary>
    /// How often a question is repeated. BEP 15 goes up to 8 times, which is two hours: the announcer comes back to a
    /// silent tracker by itself, and until then the next one shall have its turn.
    /// </summary>
    public const int MaxRepeats = 1;

    /// <summary>How long the first answer is waited for; each repeat doubles it.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Question> _open = [];
    private bool _isDisposed;

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="tracker">
    /// Whom to ask; answers from elsewhere are ignored. Where a proxy looks up its name its address is not known, and the transaction id, which
    /// nobody can guess, tells its answer.
    /// </param>
    /// <param name="write">Makes the question with a given transaction id.</param>
    /// <param name="read">Reads the answer to the question with that transaction id, from the address that it came from.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">No answer came.</exception>
    /// <exception cref="IOException">The network refused, or this was disposed.</exception>
    /// <exception cref="TrackerFailureException">From <paramref name="read"/>.</exception>
    public async Task<T> AskAsync<T>(
        IPEndPoint tracker, Func<uint, byte[]> write, Func<byte[], uint, IPEndPoint, T> read, CancellationToken cancellationToken)
    {
        var question = new Question(tracker);
        uint transactionId = Open(question);
        try
        {
            byte[] datagram = write(transactionId);
            for (int repeat = 0; repeat <= MaxRepeats; repeat++)
            {
                // The wait begins before the datagram leaves, so that an answer cannot be faster than it.
                Task<(byte[] Bytes, IPEndPoint From)> answer = question.Answer.Task.WaitAsync(FirstWait * (1 << repeat), time, cancellationToken);
                await port.SendAsync(datagram, tracker, cancellationToken).ConfigureAwait(false);
                await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (answer is not { IsFaulted: true, Exception.InnerException: TimeoutException })
                {
                    (byte[] bytes, IPEndPoint from) = await answer.ConfigureAwait(false);
                    return read(bytes, transactionId, from);
                }
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

    /// <inheritdoc/>
    public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        if (!UdpTrackerCodec.TryReadTransactionId(datagram.Span, out uint transactionId))
            return false;
        lock (_gate)
        {
            return _open.TryGetValue(transactionId, out Question? question) && IsOf(question.Tracker, remote)
                && question.Answer.TrySetResult((datagram.ToArray(), remote));
        }
    }

    /// <summary>Ends every wait.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (Question question in _open.Values)
                question.Answer.TrySetException(new IOException("The engine is stopping."));
        }
    }

    private static bool IsOf(IPEndPoint tracker, IPEndPoint remote) =>
        tracker.Address is HostAddress ? tracker.Port == remote.Port : tracker.Equals(remote);

    private uint Open(Question question)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            uint transactionId = TransactionIds.Draw(_open.ContainsKey);
            _open.Add(transactionId, question);
            return transactionId;
        }
    }

    private sealed class Question(IPEndPoint tracker)
    {
        public IPEndPoint Tracker { get; } = tracker;

        public TaskCompletionSource<(byte[] Bytes, IPEndPoint From)> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
