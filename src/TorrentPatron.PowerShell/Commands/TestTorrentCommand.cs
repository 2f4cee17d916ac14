using System.Management.Automation;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Hashes what is on disk of torrents, and says whether all is there.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(bool), typeof(TorrentCheck))]
public sealed class TestTorrentCommand : NamedTorrentCmdlet
{
    /// <summary>Write which pieces and files are bad.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentTarget> torrents = Select();
        Run(async (output, cancellation) =>
        {
            var checker = new TorrentChecker(output);
            foreach (TorrentTarget torrent in torrents)
                await checker.CheckAsync(torrent, PassThru, cancellation).ConfigureAwait(false);
        });
    }
}
