using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows how torrents stand: snapshots, taken at once.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentStatus", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class GetTorrentStatusCommand : SelectTorrentCmdlet
{
    /// <summary>Only those in one of these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public TorrentState[]? State { get; set; }

    /// <summary>Only those with one of these tags; wildcards are allowed.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Tag { get; set; }

    /// <summary>Only those that are complete, or with <c>:$false</c> only those that are not.</summary>
    [Parameter]
    public SwitchParameter Completed { get; set; }

    /// <summary>Only those that download and get nothing, or with <c>:$false</c> only the others.</summary>
    [Parameter]
    public SwitchParameter Stalled { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        Patterns? tags = Tag is null ? null : new Patterns(Tag);
        foreach (TorrentTarget torrent in Select())
        {
            TorrentStatus status = torrent.Status;
            if (State?.Contains(status.State) != false
                && tags?.Match(status.Tags) != false
                && Agrees(nameof(Completed), Completed, status.IsDone())
                && Agrees(nameof(Stalled), Stalled, status.IsStalled))
            {
                WriteObject(status);
            }
        }
    }

    private bool Agrees(string name, SwitchParameter wanted, bool so) =>
        !MyInvocation.BoundParameters.ContainsKey(name) || wanted.IsPresent == so;
}
