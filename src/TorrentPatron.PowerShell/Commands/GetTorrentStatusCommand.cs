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
        IEnumerable<TorrentStatus> statuses = Saved
            ? SelectSaved(Patron, Name, InfoHash, InputObject).Select(saved => saved.Status)
            : Select().Select(torrent => torrent.Status);
        bool? isDone = ValueOf(nameof(Completed), Completed), isStalled = ValueOf(nameof(Stalled), Stalled);
        foreach (TorrentStatus status in Tag is null ? statuses : WithTag(Tag, [.. statuses]))
        {
            if (State?.Contains(status.State) != false
                && (isDone is null || isDone == status.IsDone())
                && (isStalled is null || isStalled == status.IsStalled))
            {
                WriteObject(status);
            }
        }
    }

    private static IEnumerable<TorrentStatus> WithTag(string[] tags, IReadOnlyList<TorrentStatus> statuses)
    {
        var tagged = new HashSet<TorrentStatus>(
            tags.SelectMany(text => new NamePattern(text).Find(statuses, status => status.Tags)), ReferenceEqualityComparer.Instance);
        return statuses.Where(tagged.Contains);
    }

    private bool? ValueOf(string name, SwitchParameter parameter) => MyInvocation.BoundParameters.ContainsKey(name) ? parameter.IsPresent : null;
}
