using System.Threading.Channels;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Delivers a patron's messages: raises its events one after another, and fills its outbox if it has been opened. Messages are queued only
/// for subscribers.
/// </summary>
internal sealed class PatronMailbox
{
    /// <summary>Maximum number of queued messages; beyond it the outbox drops the oldest, and events drop status updates.</summary>
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
    /// <param name="raise">Raises its event; null if it has no handlers.</param>
    public void Put(TorrentMessage message, Action? raise)
    {
        lock (_gate)
            _outbox?.Writer.TryWrite(message);

        // A handler that hangs must not fill the memory with stale statuses.
        if (raise is not null && !(message is TorrentStatusUpdate && _events.Reader.Count >= Capacity))
            _events.Writer.TryWrite(raise);
    }

    /// <summary>Completes when the queued events have been raised.</summary>
    public Task FlushAsync()
    {
        var raised = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _events.Writer.TryWrite(raised.SetResult) ? raised.Task : _raising;
    }

    /// <summary>Accepts no more messages; queued ones are still raised and can still be read.</summary>
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
