using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Waits until torrents are complete or reach another milestone, and writes their statuses.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class WaitTorrentCommand : SelectTorrentCmdlet
{
    private readonly List<TorrentTarget> _torrents = [];

    /// <summary>The milestones to wait for; one of several is enough.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public TorrentMilestone[] Until { get; set; } = [TorrentMilestone.Completed];

    /// <summary>Return when one torrent has reached it.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The longest time without receiving anything before the wait fails.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StallTimeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TorrentTarget torrent in Select())
        {
            if (Until is [TorrentMilestone.SeedGoal] && torrent.Status is { SeedRatio: null, SeedTime: null })
                Fail(CommandErrors.NoSeedGoal(torrent.Status), torrent.Status);
            else
                _torrents.Add(torrent);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var waitOptions = new WaitOptions { Until = Until, Any = Any, Timeout = Timeout, StallTimeout = StallTimeout };
        RunWaiting(_torrents, (output, cancellation) => new TorrentWaiter(output, TimeProvider.System).WaitAsync(_torrents, waitOptions, cancellation));
    }
}
