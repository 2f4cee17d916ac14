using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A port that is listened on, in one IP version or both. Disposing closes it, and waits until nothing is accepted any more.</summary>
internal sealed class ListeningPort : IAsyncDisposable
{
    private readonly List<IListener> _listeners = [];
    private readonly List<Task> _accepting = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Where it listens.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>Takes a listener, and begins to accept.</summary>
    /// <param name="listener">The listener; closed with this.</param>
    /// <param name="accept">Accepts connections until the token is cancelled.</param>
    public void Add(IListener listener, Func<IListener, CancellationToken, Task> accept)
    {
        _listeners.Add(listener);
        EndPoints = [.. EndPoints, listener.LocalEndPoint];
        _accepting.Add(accept(listener, _stop.Token));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (IListener listener in _listeners)
            listener.Dispose();
        await Task.WhenAll(_accepting).ConfigureAwait(false);
        _stop.Dispose();
    }
}
