using System.Management.Automation;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Events;

/// <summary>
/// Runs the actions of a session's event subscriptions while a cmdlet holds the pipeline thread. For that thread only.
/// </summary>
/// <remarks>
/// PowerShell runs pending actions, two at a time, with each iteration of a script's loop. So this class runs a script that is only such
/// a loop: it binds no variable, calls no command and has its own scope, so the caller's scope does not change.
/// </remarks>
/// <param name="cmdlet">The cmdlet that holds the thread.</param>
internal sealed class EventActions(PSCmdlet cmdlet)
{
    /// <summary>The longest wait for events that have not reached PowerShell yet.</summary>
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(2);

    /// <summary>Time between two turns while a raised event has not reached PowerShell's queue.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>After so many turns without an action none will run: an action itself has called the cmdlet.</summary>
    private const int MostIdleTurns = 50;

    /// <summary>Turns for actions of other subscriptions than <c>Register-TorrentEvent</c>'s: nothing tells how many are pending.</summary>
    private const int MostOtherTurns = 20;

    // Hidden: otherwise a debugger that steps into the cmdlet would stop here several times a second.
    private static readonly ScriptBlock Loop = MakeLoop();

    [ThreadStatic]
    private static bool t_isInTurn;

    /// <summary>Runs pending actions, at most two.</summary>
    public void RunSome()
    {
        if (Subscribers().Count > 0)
            Turn();
    }

    /// <summary>
    /// Runs the actions of all torrent events raised so far, and of other pending events. Does nothing inside an action: PowerShell runs only
    /// one at a time.
    /// </summary>
    public void Drain()
    {
        List<PSEventSubscriber> subscribers = Subscribers();
        if (subscribers.Count == 0 || t_isInTurn)
            return;

        Flush(subscribers);
        List<(TorrentEventFilter Filter, long Events)> due =
            [.. subscribers.Select(subscriber => subscriber.SourceObject).OfType<TorrentEventFilter>().Select(filter => (filter, filter.Passed))];
        int begun = 0;
        void Count(object? sender, JobStateEventArgs change) => begun++;
        foreach (PSEventSubscriber subscriber in subscribers)
            subscriber.Action.StateChanged += Count;
        try
        {
            int idle = 0, others = 0;
            while (idle < MostIdleTurns && others < MostOtherTurns)
            {
                int before = begun;
                Turn();
                bool hasRun = begun != before;
                due.RemoveAll(one => one.Filter.HasBegun(one.Events));
                if (due.Count == 0 && !hasRun)
                    return;
                others += due.Count == 0 ? 1 : 0;
                idle = hasRun ? 0 : idle + 1;
                if (!hasRun)
                    Thread.Sleep(Pause);
            }
        }
        finally
        {
            foreach (PSEventSubscriber subscriber in subscribers)
                subscriber.Action.StateChanged -= Count;
        }
    }

    private static ScriptBlock MakeLoop()
    {
        ScriptBlock loop = ScriptBlock.Create("do { } while ($false)");
        loop.DebuggerHidden = true;
        return loop;
    }

    /// <summary>Waits until the patrons have raised their pending events.</summary>
    private static void Flush(List<PSEventSubscriber> subscribers)
    {
        IEnumerable<Patron> patrons = subscribers.SelectMany(subscriber => subscriber.SourceObject switch
        {
            TorrentEventFilter filter => filter.Patrons,
            Patron patron => [patron],
            _ => [],
        }).Distinct();
        Task.WaitAll([.. patrons.Select(patron => patron.FlushEventsAsync())], LongestFlush);
    }

    private List<PSEventSubscriber> Subscribers() => [.. cmdlet.Events.Subscribers.Where(subscriber => subscriber.Action is not null)];

    private void Turn()
    {
        if (t_isInTurn)
            return;
        t_isInTurn = true;
        try
        {
            cmdlet.InvokeCommand.InvokeScript(useLocalScope: true, Loop, input: null, args: null);
        }
        finally
        {
            t_isInTurn = false;
        }
    }
}
