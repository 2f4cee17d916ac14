using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Stops torrents. Their files and their saved state stay.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Torrent", DefaultParameterSetName = InputObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class StopTorrentCommand : SelectTorrentCmdlet
{
    /// <summary>Write how the torrents were at their end.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentTarget> torrents = Select();
        Run(async (output, cancellation) =>
        {
            var stopper = new TorrentStopper(output);
            foreach (TorrentTarget torrent in torrents)
                await stopper.StopAsync(torrent, PassThru, cancellation).ConfigureAwait(false);
        });
    }
}
