using System.Management.Automation;
using System.Reflection;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Events;

/// <summary>
/// The filter of a subscription: one of the events of patrons, for some or all of their torrents. It counts events, so that it knows
/// when each event's action has run.
/// </summary>
/// <remarks>
/// PowerShell subscribes to the events here and shows their names, but receives them through the session's feed: an event handler would
/// make this object the sender and would deliver the events out of order.
/// </remarks>
public sealed class TorrentEventFilter : IDisposable
{
    private readonly PSEventManager _session;
    private readonly Func<Patron, string, TorrentStatus?, bool> _isWanted;
    private readonly EventInfo _event;
    private readonly Delegate _handler;
    private PSEventSubscriber? _subscriber;
    private PSObject? _messageData;
    private long _passed;
    private long _begun;
    private volatile bool _isDisposed;

    /// <summary>Creates a filter that does not listen yet.</summary>
    /// <param name="session">The session that receives the events.</param>
    /// <param name="patrons">The patrons to listen to.</param>
    /// <param name="name">The event.</param>
    /// <param name="isWanted">
    /// Says whether a torrent is wanted, from its patron, its info hash and, if known, its status.
    /// </param>
    internal TorrentEventFilter(
        PSEventManager session, IReadOnlyList<Patron> patrons, TorrentEvent name, Func<Patron, string, TorrentStatus?, bool> isWanted)
    {
        _session = session;
        Patrons = patrons;
        _isWanted = isWanted;
        _event = typeof(Patron).GetEvent(name.ToString())!;
        _handler = Delegate.CreateDelegate(
            _event.EventHandlerType!, this, typeof(TorrentEventFilter).GetMethod(nameof(On), BindingFlags.Instance | BindingFlags.NonPublic)!);
    }

#pragma warning disable CA1822 // PowerShell subscribes to the events of an object.
    /// <inheritdoc cref="TorrentEvent.NewTorrentCreated"/>
    public event EventHandler<EventArgs>? NewTorrentCreated { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.TorrentStartFail"/>
    public event EventHandler<EventArgs>? TorrentStartFail { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.TorrentAlreadyDownloading"/>
    public event EventHandler<EventArgs>? TorrentAlreadyDownloading { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.TorrentStatusUpdate"/>
    public event EventHandler<EventArgs>? TorrentStatusUpdate { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.MetadataReceived"/>
    public event EventHandler<EventArgs>? MetadataReceived { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.StateChanged"/>
    public event EventHandler<EventArgs>? StateChanged { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.Completed"/>
    public event EventHandler<EventArgs>? Completed { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.SeedGoalReached"/>
    public event EventHandler<EventArgs>? SeedGoalReached { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.Removed"/>
    public event EventHandler<EventArgs>? Removed { add { } remove { } }

    /// <inheritdoc cref="TorrentEvent.Warning"/>
    public event EventHandler<EventArgs>? Warning { add { } remove { } }
#pragma warning restore CA1822

    /// <summary>The patrons that it listens to.</summary>
    internal IReadOnlyList<Patron> Patrons { get; }

    /// <summary>Number of events that it has passed on.</summary>
    internal long Passed => Interlocked.Read(ref _passed);

    /// <summary>Begins to listen.</summary>
    /// <param name="subscriber">The PowerShell subscription.</param>
    /// <param name="messageData">Data to pass on with each event.</param>
    internal void Begin(PSEventSubscriber subscriber, PSObject? messageData)
    {
        (_subscriber, _messageData) = (subscriber, messageData);
        subscriber.Unsubscribed += (_, _) => Dispose();
        if (subscriber.Action is { } action)
        {
            action.StateChanged += (_, change) =>
            {
                if (change.JobStateInfo.State == JobState.Running)
                    Interlocked.Increment(ref _begun);
            };
        }

        foreach (Patron patron in Patrons)
            _event.AddEventHandler(patron, _handler);
    }

    /// <summary>Whether the action has begun for the first events, or never will because it failed or was stopped.</summary>
    /// <param name="events">The number of events.</param>
    internal bool HasBegun(long events) => _subscriber?.Action is not { } action || Interlocked.Read(ref _begun) >= events
        || action.JobStateInfo.State is JobState.Failed or JobState.Stopped or JobState.Completed;

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (Patron patron in Patrons)
            _event.RemoveEventHandler(patron, _handler);
    }

    private void On(object? sender, TorrentEventArgs args)
    {
        var patron = (Patron)sender!;
        TorrentStatus? status = args.Status ?? (TorrentId.TryParse(args.InfoHash, out TorrentId torrent) ? patron.GetStatus(torrent) : null);
        if (!_isWanted(patron, args.InfoHash, status))
            return;
        Interlocked.Increment(ref _passed);
        EventFeed.Of(_session).Add(() => Hand(patron, args));
    }

    private void Hand(Patron patron, TorrentEventArgs args)
    {
        // Without a subscription the event would stay in the session's queue.
        if (!_isDisposed)
        {
            _session.GenerateEvent(
                _subscriber!.SourceIdentifier, patron, [patron, args], _messageData,
                processInCurrentThread: true, waitForCompletionInCurrentThread: false);
        }
    }
}
