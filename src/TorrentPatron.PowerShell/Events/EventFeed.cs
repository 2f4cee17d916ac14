using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.PowerShell.Events;

/// <summary>
/// Hands events to a session in the order in which they were raised, whichever subscription they are for, without holding up those who
/// raise them: in a session at rest PowerShell runs an event's action before it takes the next.
/// </summary>
internal sealed class EventFeed
{
    private static readonly ConditionalWeakTable<PSEventManager, EventFeed> Feeds = [];

    private readonly Channel<Action> _events = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });

    private EventFeed() => _ = HandAllAsync();

    /// <summary>The feed of a session.</summary>
    public static EventFeed Of(PSEventManager session) => Feeds.GetValue(session, _ => new EventFeed());

    /// <summary>Hands an event over when those before it have been.</summary>
    /// <param name="hand">Does it.</param>
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
                // The session is gone, or takes no events any more.
                EngineEvents.Log.FaultCaught(null, "events of a session", fault);
            }
        }
    }
}
