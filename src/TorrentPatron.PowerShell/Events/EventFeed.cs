using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.PowerShell.Events;

/// <summary>
/// Passes events to a session in the order in which they were raised, across subscriptions, without blocking the threads that raise
/// them: in an idle session PowerShell runs an event's action before it takes the next event.
/// </summary>
internal sealed class EventFeed
{
    private static readonly ConditionalWeakTable<PSEventManager, EventFeed> Feeds = [];

    private readonly Channel<Action> _events = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });

    private EventFeed() => _ = HandAllAsync();

    /// <summary>The feed of a session.</summary>
    public static EventFeed Of(PSEventManager session) => Feeds.GetValue(session, _ => new EventFeed());

    /// <summary>Passes an event on after the earlier ones.</summary>
    /// <param name="hand">Passes it on.</param>
    public void Add(Action hand) => _events.Writer.TryWrite(hand);

    private async Task HandAllAsync()
    {
        await foreach (Action hand in _events.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                hand();
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // The session has ended or no longer accepts events.
                EngineEvents.Log.FaultCaught(null, "passing events to a session", fault);
            }
        }
    }
}
