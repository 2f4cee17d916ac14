using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Live;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Writes the statuses of torrents whenever they change, until every torrent is complete, failed or stopped.</summary>
[Cmdlet(VerbsCommon.Watch, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class WatchTorrentCommand : SelectTorrentCmdlet
{
    private readonly List<TorrentTarget> _torrents = [];

    /// <summary>Time between two checks of a torrent whose state does not change; 0.1 s or longer.</summary>
    [Parameter]
    [DurationTransformation]
    [ValidateInterval]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Continue until Ctrl-C even when all torrents are complete.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    /// <summary>Draw a table in place on a console, and write the torrents only at the end.</summary>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _torrents.AddRange(Select());

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_torrents.Count == 0)
            return;

        var watcher = new TorrentWatcher([.. _torrents.Distinct()], TimeProvider.System);
        if (!Live)
        {
            RunWaiting(_torrents, (output, cancellation) => StreamAsync(watcher, output, cancellation));
            return;
        }

        if (!LiveScreen.CanDraw(Host))
            WriteWarning("This host has no console to draw on: the torrents are written at the end.");
        BeginTrace();
        var screen = LiveScreen.CanDraw(Host) ? new LiveScreen(Host.UI) : null;
        try
        {
            Run((output, cancellation) => DrawAsync(watcher, screen, output, cancellation));
        }
        finally
        {
            // After Ctrl-C nothing else shows the torrents' last status.
            if (Stopping)
                screen?.Leave();
            else
                screen?.Clear();
        }

        // Messages that had no place beside the table.
        RunWaiting(_torrents, static (_, _) => Task.CompletedTask);
    }

    private async Task StreamAsync(TorrentWatcher watcher, ICommandOutput output, CancellationToken cancellation)
    {
        await foreach (WatchFrame frame in watcher.WatchAsync(Interval, Continuous, cancellation).ConfigureAwait(false))
        {
            foreach (TorrentStatus status in frame.Changed)
                await output.EmitAsync(status).ConfigureAwait(false);
        }
    }

    private async Task DrawAsync(TorrentWatcher watcher, LiveScreen? screen, ICommandOutput output, CancellationToken cancellation)
    {
        IReadOnlyList<TorrentStatus> last = [];
        bool colour = IsColourWanted();
        await foreach (WatchFrame frame in watcher.WatchAsync(Interval, Continuous, cancellation).ConfigureAwait(false))
        {
            last = frame.All;
            if (screen is not null)
                await OnPipelineThreadAsync<object?>(() => Draw(screen, colour, frame.All)).ConfigureAwait(false);
        }

        await OnPipelineThreadAsync<object?>(() => Clear(screen)).ConfigureAwait(false);
        foreach (TorrentStatus status in last)
            await output.EmitAsync(status).ConfigureAwait(false);
    }

    private static object? Draw(LiveScreen screen, bool colour, IReadOnlyList<TorrentStatus> statuses)
    {
        screen.Draw(new LiveTable(colour, screen.CellsOf).Draw(statuses, screen.Width, screen.Height));
        return null;
    }

    private static object? Clear(LiveScreen? screen)
    {
        screen?.Clear();
        return null;
    }

    private bool IsColourWanted() =>
        GetVariableValue("PSStyle") is { } style
        && PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value?.ToString() != "PlainText";
}
