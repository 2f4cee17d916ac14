using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Routing;

/// <summary>The engines of a service, one after the other: the next is made when the one before has gone. Thread-safe.</summary>
/// <param name="makeClient">Makes an engine.</param>
/// <param name="started">Is told, without a lock, that one has been made; before it has a torrent.</param>
/// <param name="published">
/// Is given each message when it has been published, in their order, with what finds the status of its torrent. It must neither throw nor wait.
/// </param>
internal sealed class ClientSessions(
    Func<ITorrentClient> makeClient, Action started, Action<TorrentMessage, Func<TorrentMessage, TorrentStatus?>> published)
{
    private readonly Lock _gate = new();
    private ClientSession? _current;
    private Task _gone = Task.CompletedTask;
    private long _lastId;

    /// <summary>The engine as it is now; null while none was asked for.</summary>
    public ClientSession? Current
    {
        get
        {
            lock (_gate)
                return _current;
        }
    }

    /// <summary>Completes when every engine that was ended has gone.</summary>
    public Task Gone
    {
        get
        {
            lock (_gate)
                return _gone;
        }
    }

    /// <summary>Names a command.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The engine for a start; made where there is none.</summary>
    /// <param name="requester">Who starts a torrent.</param>
    /// <exception cref="TorrentException">It has been stopped.</exception>
    public ClientSession Connect(IRequester requester)
    {
        lock (_gate)
        {
            // Who comes after its end would make an engine that nobody ends.
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

    /// <summary>Under the lock: the next engine will wait for this one's end. Disposing yields before it does anything.</summary>
    private void Retire()
    {
        _gone = _current!.DisposeAsync().AsTask();
        _current = null;
    }
}
