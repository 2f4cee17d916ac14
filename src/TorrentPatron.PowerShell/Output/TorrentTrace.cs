using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.PowerShell.Output;

/// <summary>
/// Takes what the engine tells of torrents (docs/diagnostics.md) while a cmdlet waits for them, and writes it from the cmdlet's own
/// thread: warnings and errors with <c>-Verbose</c>, and everything with <c>-Debug</c>.
/// </summary>
internal sealed class TorrentTrace : EventListener
{
    /// <summary>Events that may wait to be written; of more, the oldest are dropped, and how many is said.</summary>
    public const int MostWaiting = 5_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentQueue<EventWrittenEventArgs> _waiting = new();
    private readonly Dictionary<string, string> _names = [];
    private readonly bool _isVerbose;
    private int _dropped;

    /// <summary>Begins to listen.</summary>
    /// <param name="isVerbose">Whether warnings and errors go where details go, and not to the debug messages.</param>
    /// <param name="isDebug">Whether everything is taken.</param>
    public TorrentTrace(bool isVerbose, bool isDebug)
    {
        _isVerbose = isVerbose;
        EnableEvents(EngineEvents.Log, isDebug ? EventLevel.Verbose : EventLevel.Warning, EventKeywords.All);
    }

    /// <summary>Names a torrent of the cmdlet's, by its info hash; null: it is none. What is not the cmdlet's is not written.</summary>
    public Func<string, string?> NameOf { get; set; } = static _ => null;

    /// <summary>Writes what comes while work is done, and what is left at its end. Called off the pipeline's thread.</summary>
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
            // What the pipeline refused it has noted itself.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!cancellationToken.IsCancellationRequested)
                await WriteAsync(output).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // On a thread of the engine's: nothing is looked at here.
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
        // A bound: what comes while this writes has its turn later.
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
            await output.DebugAsync($"{dropped} more events came than could be written.").ConfigureAwait(false);
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
