using System.Diagnostics.Tracing;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Diagnostics;

/// <summary>Records the events of one torrent, or those of no torrent, from all engines of this process until it is disposed.</summary>
internal sealed class EventLog : EventListener
{
    private readonly Lock _gate = new();
    private readonly List<EventWrittenEventArgs> _events = [];
    private readonly string? _torrent;
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="torrent">The torrent, which no other test uses; null: events of the engine as a whole.</param>
    public EventLog(TorrentId? torrent)
    {
        _torrent = torrent?.ToString() ?? "";
        EnableEvents(EngineEvents.Log, EventLevel.Verbose, EventKeywords.All);
    }

    public IReadOnlyList<EventWrittenEventArgs> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    /// <summary>Waits for an event; one that was recorded before also counts.</summary>
    /// <returns>Its payload by name.</returns>
    public async Task<IReadOnlyDictionary<string, object?>> NextAsync(string name, Predicate<IReadOnlyDictionary<string, object?>>? which = null)
    {
        int looked = 0;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TestEngine.Patience);
        while (true)
        {
            Task written;
            lock (_gate)
            {
                for (; looked < _events.Count; looked++)
                {
                    if (_events[looked].EventName == name && Payload(_events[looked]) is var payload && which?.Invoke(payload) != false)
                        return payload;
                }

                written = _written.Task;
            }

            await written.WaitAsync(patience.Token);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // Called before the constructor ends if another listener has enabled the source.
        if (_gate is null || eventData.Payload is not [string torrent, ..] || torrent != _torrent)
            return;
        lock (_gate)
        {
            _events.Add(eventData);
            _written.SetResult();
            _written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private static Dictionary<string, object?> Payload(EventWrittenEventArgs written) =>
        written.PayloadNames!.Zip(written.Payload!).ToDictionary(pair => pair.First, pair => pair.Second);
}
