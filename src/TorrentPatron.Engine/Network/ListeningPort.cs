using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A listening port, in one IP version or both. Disposing closes it, and waits until no connection is accepted any more.
/// </summary>
internal sealed class ListeningPort : IAsyncDisposable
{
    private readonly List<IListener> _listeners = [];
    private readonly List<Task> _accepting = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The addresses it listens on.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>Adds a listener and starts accepting.</summary>
    /// <param name="listener">The listener, which this object closes.</param>
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
