using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// Makes a patron: a handle on torrents, with events. One with settings of its own gets an engine of its own; any other
/// shares the session's.
/// </summary>
[Cmdlet(VerbsCommon.New, "TorrentPatron")]
[OutputType(typeof(Patron))]
public sealed class NewTorrentPatronCommand : PatronSettingsCmdlet
{
    /// <summary>What to call it.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The folder of the saved state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() =>
        WriteObject(RunspacePatrons.Current.Create(Name, HasSettings || StatePath is not null ? Settings() : null));

    private ServiceSettings Settings() => new()
    {
        StatePath = StatePath is null ? StateFolder.DefaultPath : this.ResolveDestination(StatePath),
        Client = Over(new ClientSettings()),
    };
}
