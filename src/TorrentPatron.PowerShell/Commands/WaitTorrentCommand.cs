using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Waits until torrents are complete, and writes how they stand then.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class WaitTorrentCommand : SelectTorrentCmdlet
{
    private readonly List<TorrentTarget> _torrents = [];

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _torrents.AddRange(Select());

    /// <inheritdoc/>
    protected override void EndProcessing() =>
        Run((output, cancellation) => new TorrentWaiter(output, TimeProvider.System).WaitAsync(_torrents, Timeout, cancellation));
}
