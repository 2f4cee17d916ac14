using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.PowerShell.Output;

/// <summary>
/// Collects the engine's events about torrents (docs/diagnostics.md) while a cmdlet waits for them, and writes them on the cmdlet's own
/// thread: warnings and errors with <c>-Verbose</c>, and everything with <c>-Debug</c>.
/// </summary>
internal sealed class TorrentTrace : EventListener
{
    /// <summary>Maximum number of events in the queue; the oldest are dropped beyond it, and their number is reported.</summary>
    public const int MostWaiting = 5_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentQueue<EventWrittenEventArgs> _waiting = new();
    private readonly Dictionary<string, string> _names = [];
    private readonly bool _isVerbose;
    private int _dropped;

    /// <summary>Begins to listen.</summary>
    /// <param name="isVerbose">Whether warnings and errors go to the verbose stream rather than to the debug stream.</param>
    /// <param name="isDebug">Whether to collect all events.</param>
    public TorrentTrace(bool isVerbose, bool isDebug)
    {
        _isVerbose = isVerbose;
        EnableEvents(EngineEvents.Log, isDebug ? EventLevel.Verbose : EventLevel.Warning, EventKeywords.All);
    }

    /// <summary>The name of one of the cmdlet's torrents, from its info hash; null for any other torrent, whose events are not written.</summary>
    public Func<string, string?> NameOf { get; set; } = static _ => null;

    /// <summary>Writes events while work runs, and the remaining ones at its end. Not on the pipeline thread.</summary>
    public async Task WriteWhileAsync(Task work, ICommandOutput output, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = WriteUntilAsync(output, over.Token);
        try
        {
            await work.ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            // The work itself has recorded what the pipeline refused.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!cancellationToken.IsCancellationRequested)
                await WriteAsync(output).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // On an engine thread: do no work here.
        _waiting.Enqueue(eventData);
        if (_waiting.Count > MostWaiting && _waiting.TryDequeue(out _))
            Interlocked.Increment(ref _dropped);
    }

    private async Task WriteUntilAsync(ICommandOutput output, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(Interval, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await WriteAsync(output).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(ICommandOutput output)
    {
        // A bound: events that arrive during this loop are written later.
        for (int left = _waiting.Count; left > 0 && _waiting.TryDequeue(out EventWrittenEventArgs? told); left--)
        {
            if (told.Payload is not [string torrent, ..] || FindName(torrent) is not { } name)
                continue;
            string message = $"{name}: {string.Format(CultureInfo.InvariantCulture, told.Message ?? "{0}", [.. told.Payload])}";
            if (_isVerbose && told.Level <= EventLevel.Warning)
                await output.TellAsync(message).ConfigureAwait(false);
            else
                await output.DebugAsync(message).ConfigureAwait(false);
            if (told.PayloadNames is [.., "stack"])
                await output.DebugAsync($"{told.Payload[^1]}").ConfigureAwait(false);
        }

        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and int dropped)
            await output.DebugAsync($"{dropped} events were dropped: they came faster than they could be written.").ConfigureAwait(false);
    }

    private string? FindName(string torrent)
    {
        if (torrent.Length == 0)
            return "Engine";
        if (!_names.TryGetValue(torrent, out string? name) && NameOf(torrent) is { } found)
            _names[torrent] = name = found;
        return name;
    }
}
