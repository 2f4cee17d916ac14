using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Diagnostics;

/// <summary>
/// Takes the exceptions that nobody expected, which the root of each loop catches: records them and ends the torrent whose work it was,
/// so that everything else goes on. Never throws. Thread-safe.
/// </summary>
internal sealed class FaultHandler
{
    private volatile TorrentError? _warning;

    /// <summary>Stops a torrent with an error; may be called from any thread, with any lock of the torrent's held.</summary>
    public Action<TorrentId, TorrentError>? FailTorrent { private get; set; }

    /// <summary>The latest fault that ended no torrent and no peer, for people; null: there was none.</summary>
    public TorrentError? Warning => _warning;

    /// <summary>A fault as what stops a torrent.</summary>
    public static TorrentError ToError(Exception fault) => new(
        TorrentErrorId.Unexpected, $"The engine failed: {DisplayText.Clean(fault.Message)}", "Please report this, with what you did before.");

    /// <summary>Takes a fault that costs nothing but what was under way: a datagram, a stranger's connection.</summary>
    /// <param name="root">The loop that caught it.</param>
    /// <param name="fault">The fault.</param>
    public void Record(string root, Exception fault)
    {
        EngineEvents.Log.FaultCaught(null, root, fault);
        _warning = new TorrentError(
            TorrentErrorId.Unexpected, $"A fault was caught in the {root}: {DisplayText.Clean(fault.Message)}", "Please report this, with what you did before.");
    }

    /// <summary>Takes a fault that costs a torrent its run.</summary>
    /// <param name="torrent">The torrent; it is stopped with <see cref="TorrentErrorId.Unexpected"/>.</param>
    /// <param name="root">The loop that caught it.</param>
    /// <param name="fault">The fault.</param>
    public void EndTorrent(TorrentId torrent, string root, Exception fault)
    {
        EngineEvents.Log.FaultCaught(torrent, root, fault);
        // Off the caller's stack, which may hold locks that stopping a torrent takes.
        ThreadPool.UnsafeQueueUserWorkItem(static work => work.Faults.Fail(work.Torrent, work.Fault), (Faults: this, Torrent: torrent, Fault: fault), preferLocal: false);
    }

    /// <summary>Waits for work that nobody else awaits; a fault in it ends its torrent.</summary>
    /// <param name="work">The work.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="root">What the work is.</param>
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
                // The torrent stops.
            }
#pragma warning disable CA1031 // The root of a loop: whatever it is ends this torrent and nothing else.
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
#pragma warning disable CA1031 // Nothing is left to end it with; it is recorded.
        catch (Exception again)
#pragma warning restore CA1031
        {
            Record("end of a torrent", again);
        }
    }
}
