using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the status of torrents, from snapshots that are available at once.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentStatus", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class GetTorrentStatusCommand : SelectTorrentCmdlet
{
    /// <summary>Only torrents in one of these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public TorrentState[]? State { get; set; }

    /// <summary>Only torrents with one of these tags; wildcards are allowed.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Tag { get; set; }

    /// <summary>Only complete torrents; with <c>:$false</c> only incomplete ones.</summary>
    [Parameter]
    public SwitchParameter Completed { get; set; }

    /// <summary>Only torrents whose download receives nothing; with <c>:$false</c> only the others.</summary>
    [Parameter]
    public SwitchParameter Stalled { get; set; }

    /// <summary>Saved torrents that do not run, instead of running torrents.</summary>
    [Parameter]
    public SwitchParameter Saved { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentStatus> statuses = Saved
            ? [.. SelectSaved(Patron, Name, InfoHash, InputObject).Select(saved => saved.Status)]
            : [.. Select().Select(torrent => torrent.Status)];
        foreach (TorrentStatus status in Tagged(statuses))
        {
            if (State?.Contains(status.State) != false
                && Agrees(nameof(Completed), Completed, status.IsDone())
                && Agrees(nameof(Stalled), Stalled, status.IsStalled))
            {
                WriteObject(status);
            }
        }
    }

    private IEnumerable<TorrentStatus> Tagged(IReadOnlyList<TorrentStatus> statuses)
    {
        if (Tag is null)
            return statuses;
        var tagged = new HashSet<TorrentStatus>(
            Tag.SelectMany(text => new NamePattern(text).Find(statuses, status => status.Tags)), ReferenceEqualityComparer.Instance);
        return statuses.Where(tagged.Contains);
    }

    private bool Agrees(string name, SwitchParameter wanted, bool so) =>
        !MyInvocation.BoundParameters.ContainsKey(name) || wanted.IsPresent == so;
}
