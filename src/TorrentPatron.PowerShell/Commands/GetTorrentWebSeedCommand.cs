using System.Management.Automation;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the web seeds of torrents and the state of each.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentWebSeed", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentWebSeed))]
public sealed class GetTorrentWebSeedCommand : SelectTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>Addresses of web seeds, or patterns.</summary>
    [Parameter(Position = 1)]
    [Alias("WebSeed")]
    [ArgumentCompleter(typeof(WebSeedCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TorrentTarget torrent in Select())
            WriteObject(torrent.WebSeedsNamed(Uri, _search), enumerateCollection: true);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(CommandErrors.NoSuchWebSeed(missing, _search), missing);
    }
}
