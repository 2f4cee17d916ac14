using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Routing;

/// <summary>The engines of a service, one after another: the next is created when the previous one has ended. Thread-safe.</summary>
/// <param name="makeClient">Creates an engine.</param>
/// <param name="started">Called without a lock when an engine has been created, before it has a torrent.</param>
/// <param name="published">
/// Called with each published message, in order, and a function that finds the status of its torrent. Must neither throw nor wait.
/// </param>
internal sealed class ClientSessions(
    Func<ITorrentClient> makeClient, Action started, Action<TorrentMessage, Func<TorrentMessage, TorrentStatus?>> published)
{
    private readonly Lock _gate = new();
    private ClientSession? _current;
    private Task _gone = Task.CompletedTask;
    private long _lastId;

    /// <summary>The current engine; null while none is needed.</summary>
    public ClientSession? Current
    {
        get
        {
            lock (_gate)
                return _current;
        }
    }

    /// <summary>Completes when every engine that was told to end has ended.</summary>
    public Task Gone
    {
        get
        {
            lock (_gate)
                return _gone;
        }
    }

    /// <summary>Returns the id of a new command.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The engine for a start, created if there is none.</summary>
    /// <param name="requester">The patron that starts a torrent.</param>
    /// <exception cref="TorrentException">The patron has been stopped.</exception>
    public ClientSession Connect(IRequester requester)
    {
        lock (_gate)
        {
            // A request after the patron's end would create an engine that nobody ends.
            if (requester.IsStopped)
                throw new TorrentException(ServiceErrors.Stopped);
            if (_current is { IsOver: true })
                Retire();
            return _current ??= new ClientSession(_gone, makeClient, started, published);
        }
    }

    /// <summary>Ends the engine, if there is one. Does not wait for its end.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_current is not null)
                Retire();
        }
    }

    /// <summary>Under the lock: the next engine waits for this one's end. Disposing yields before it does anything.</summary>
    private void Retire()
    {
        _gone = _current!.DisposeAsync().AsTask();
        _current = null;
    }
}
