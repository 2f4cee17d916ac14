using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// Makes a patron: a handle on torrents, with events. A patron with settings gets an engine of its own; any other shares the session's
/// engine.
/// </summary>
[Cmdlet(VerbsCommon.New, "TorrentPatron")]
[OutputType(typeof(Patron))]
public sealed class NewTorrentPatronCommand : ServiceSettingsCmdlet
{
    /// <summary>The patron's name.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            ServiceSettings? settings = HasServiceSettings ? Settings() : null;
            if (HasFilter)
            {
                string[] paths = FilterPaths();
                Run(async (output, cancellation) => settings =
                    settings! with { Client = await FilterAsync(settings.Client, paths, output, cancellation).ConfigureAwait(false) });
            }

            if (settings is not null && VainIn(settings.Client) is { } vain)
                WriteWarning(vain);
            WriteObject((settings is null ? Session : RunspacePatrons.Current).Create(Name, settings));
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, Engine, fault.InnerException)));
        }
    }
}
