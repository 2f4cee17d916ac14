using System.Threading.Channels;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// A patron's way out: raises its events one after another, and fills its outbox where it has been opened. Nothing is kept
/// for who did not ask for it.
/// </summary>
internal sealed class PatronMailbox
{
    /// <summary>As many messages wait at most; of more, the outbox loses the oldest, events their status updates.</summary>
    private const int Capacity = 10_000;

    private readonly Channel<Action> _events = Channel.CreateUnbounded<Action>();
    private readonly Lock _gate = new();
    private readonly Task _raising;
    private Channel<TorrentMessage>? _outbox;
    private bool _isClosed;

    public PatronMailbox() => _raising = RaiseAllAsync();

    public ChannelReader<TorrentMessage> OpenOutbox()
    {
        lock (_gate)
        {
            if (_outbox is null)
            {
                _outbox = Channel.CreateBounded<TorrentMessage>(
                    new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
                if (_isClosed)
                    _outbox.Writer.TryComplete();
            }

            return _outbox.Reader;
        }
    }

    /// <summary>Hands a message on. Never blocks.</summary>
    /// <param name="message">The message.</param>
    /// <param name="raise">Raises its event; null where nobody listens.</param>
    public void Put(TorrentMessage message, Action? raise)
    {
        lock (_gate)
            _outbox?.Writer.TryWrite(message);

        // A handler that hangs must not fill the memory with what is stale anyway.
        if (raise is not null && !(message is TorrentStatusUpdate && _events.Reader.Count >= Capacity))
            _events.Writer.TryWrite(raise);
    }

    /// <summary>Completes when the events that wait now have been raised.</summary>
    public Task FlushAsync()
    {
        var raised = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _events.Writer.TryWrite(raised.SetResult) ? raised.Task : _raising;
    }

    /// <summary>Takes no more; what is there is still raised and can still be read.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _outbox?.Writer.TryComplete();
        }

        _events.Writer.TryComplete();
    }

    private async Task RaiseAllAsync()
    {
        await foreach (Action raise in _events.Reader.ReadAllAsync().ConfigureAwait(false))
            raise();
    }
}
