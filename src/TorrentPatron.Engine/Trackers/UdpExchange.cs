using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// Queries and answers over one port: many at once, distinguished by their transaction ids (BEP 15). Thread-safe.
/// </summary>
/// <param name="port">Sends queries; received datagrams go to <see cref="TryHandle"/>.</param>
/// <param name="time">The clock for retries.</param>
internal sealed class UdpExchange(IDatagramPort port, TimeProvider time) : IDatagramHandler, IDisposable
{
    /// <summary>
    /// The number of retries. BEP 15 allows up to 8, which takes two hours: the announcer returns to a silent tracker by itself,
    /// and meanwhile the next one should have its turn.
    /// </summary>
    public const int MaxRepeats = 1;

    /// <summary>How long to wait for the first answer; doubles with each retry.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, PendingRequest> _open = [];
    private bool _isDisposed;

    /// <summary>Sends a query until there is an answer.</summary>
    /// <param name="tracker">
    /// The tracker's address; answers from elsewhere are ignored. If a proxy resolves its name, the address is unknown, and the
    /// unpredictable transaction id identifies the answer.
    /// </param>
    /// <param name="write">Builds the query with a given transaction id.</param>
    /// <param name="read">Reads the answer with that transaction id, and its source address.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">No answer came.</exception>
    /// <exception cref="IOException">The network refused, or this object was disposed.</exception>
    /// <exception cref="TrackerFailureException">Thrown by <paramref name="read"/>.</exception>
    public async Task<T> AskAsync<T>(
        IPEndPoint tracker, Func<uint, byte[]> write, Func<byte[], uint, IPEndPoint, T> read, CancellationToken cancellationToken)
    {
        var pending = new PendingRequest(tracker);
        uint transactionId = Open(pending);
        try
        {
            byte[] datagram = write(transactionId);
            for (int repeat = 0; repeat <= MaxRepeats; repeat++)
            {
                // The wait begins before the datagram is sent, so that no answer can arrive before it.
                Task<(byte[] Bytes, IPEndPoint From)> answer = pending.Answer.Task.WaitAsync(FirstWait * (1 << repeat), time, cancellationToken);
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
            pending.Answer.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        if (!UdpTrackerCodec.TryReadTransactionId(datagram.Span, out uint transactionId))
            return false;
        lock (_gate)
        {
            return _open.TryGetValue(transactionId, out PendingRequest? pending) && IsOf(pending.Tracker, remote)
                && pending.Answer.TrySetResult((datagram.ToArray(), remote));
        }
    }

    /// <summary>Ends every wait.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (PendingRequest pending in _open.Values)
                pending.Answer.TrySetException(new IOException("The engine is stopping."));
        }
    }

    private static bool IsOf(IPEndPoint tracker, IPEndPoint remote) =>
        tracker.Address is HostAddress ? tracker.Port == remote.Port : tracker.Equals(remote);

    private uint Open(PendingRequest pending)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            uint transactionId = TransactionIds.Draw(_open.ContainsKey);
            _open.Add(transactionId, pending);
            return transactionId;
        }
    }

    private sealed class PendingRequest(IPEndPoint tracker)
    {
        public IPEndPoint Tracker { get; } = tracker;

        public TaskCompletionSource<(byte[] Bytes, IPEndPoint From)> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
