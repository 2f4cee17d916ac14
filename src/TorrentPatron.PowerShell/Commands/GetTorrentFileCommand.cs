using System.Management.Automation;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the files of torrents, and how far each is.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentFile", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentFile))]
public sealed class GetTorrentFileCommand : SelectTorrentCmdlet
{
    /// <summary>Names of files, or patterns of them; by default all.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(FileNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Include { get; set; }

    /// <summary>Names of files that are left out, or patterns of them.</summary>
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
            WriteObject(torrent.Files.Where(choice.Has), enumerateCollection: true);
    }
}
