using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Diagnostics;

/// <summary>
/// Handles the unexpected exceptions that the roots of loops catch: records each one and ends the torrent it concerned, so that
/// everything else goes on. Never throws. Thread-safe.
/// </summary>
internal sealed class FaultHandler
{
    private volatile TorrentError? _warning;

    /// <summary>Stops a torrent with an error. May be called from any thread and with any of the torrent's locks held.</summary>
    public Action<TorrentId, TorrentError>? FailTorrent { private get; set; }

    /// <summary>The latest fault that ended neither a torrent nor a peer; null if there was none.</summary>
    public TorrentError? Warning => _warning;

    /// <summary>Converts a fault to the error that stops a torrent.</summary>
    public static TorrentError ToError(Exception fault) => new(
        TorrentErrorId.Unexpected, $"The engine failed: {DisplayText.Clean(fault.Message)}", "Please report this, with the steps that led to it.");

    /// <summary>Handles a fault that affects only the current item: a datagram, or an unidentified connection.</summary>
    /// <param name="root">The loop that caught it.</param>
    /// <param name="fault">The fault.</param>
    public void Record(string root, Exception fault)
    {
        EngineEvents.Log.FaultCaught(null, root, fault);
        _warning = new TorrentError(
            TorrentErrorId.Unexpected, $"An internal error occurred in the {root}: {DisplayText.Clean(fault.Message)}", "Please report this, with the steps that led to it.");
    }

    /// <summary>Handles a fault that ends a torrent.</summary>
    /// <param name="torrent">The torrent, which stops with <see cref="TorrentErrorId.Unexpected"/>.</param>
    /// <param name="root">The loop that caught it.</param>
    /// <param name="fault">The fault.</param>
    public void EndTorrent(TorrentId torrent, string root, Exception fault)
    {
        EngineEvents.Log.FaultCaught(torrent, root, fault);
        // Not on the caller's stack, which may hold locks that stopping a torrent takes.
        ThreadPool.UnsafeQueueUserWorkItem(static work => work.Faults.Fail(work.Torrent, work.Fault), (Faults: this, Torrent: torrent, Fault: fault), preferLocal: false);
    }

    /// <summary>Observes a task that nobody awaits; a fault in it ends its torrent.</summary>
    /// <param name="work">The task.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="root">A description of the task.</param>
    public void Watch(Task work, TorrentId torrent, string root)
    {
        if (!work.IsCompletedSuccessfully)
            _ = AwaitAsync();

        async Task AwaitAsync()
        {
            try
            {
                await work.ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                // The torrent is stopping.
            }
#pragma warning disable CA1031 // The root of a loop: any exception ends this torrent only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EndTorrent(torrent, root, e);
            }
        }
    }

    private void Fail(TorrentId torrent, Exception fault)
    {
        try
        {
            FailTorrent?.Invoke(torrent, ToError(fault));
        }
#pragma warning disable CA1031 // The torrent could not be stopped; the fault is recorded.
        catch (Exception again)
#pragma warning restore CA1031
        {
            Record("end of a torrent", again);
        }
    }
}
