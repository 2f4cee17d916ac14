using System.Management.Automation;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the files of torrents and their progress.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentFile", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentFile))]
public sealed class GetTorrentFileCommand : SelectTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>Names or patterns of files; by default all.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(FileNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Include { get; set; }

    /// <summary>Names or patterns of files to omit.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FileNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Exclude { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var choice = new FileChoice(Include, Exclude, index: null);
        foreach (TorrentTarget torrent in Select())
            WriteObject(choice.Among(torrent, _search), enumerateCollection: true);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(CommandErrors.NoSuchFile(missing, _search), missing);
    }
}
