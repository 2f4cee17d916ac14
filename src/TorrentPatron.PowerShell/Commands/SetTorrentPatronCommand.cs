using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Changes the settings of patrons' engines, while they run.</summary>
[Cmdlet(VerbsCommon.Set, "TorrentPatron", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(Patron))]
public sealed class SetTorrentPatronCommand : PatronSettingsCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";

    private readonly HashSet<ITorrentService> _changed = [];

    /// <summary>Names, or patterns of names; by default the session's own patron.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>The patrons.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [Alias("Patron")]
    [PatronObjectTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <summary>Write the patrons.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<Patron> patrons = ParameterSetName == InputObjectSet ? PatronNames.FindObjects(InputObject, Fail)
            : Name is null ? [RunspacePatrons.Current.Default()]
            : PatronNames.Find(Name, Fail);
        string[] filterPaths = FilterPaths();
        Run(async (output, cancellation) =>
        {
            foreach (Patron patron in patrons)
                await ChangeAsync(patron, filterPaths, output, cancellation).ConfigureAwait(false);
        });
    }

    private async Task ChangeAsync(Patron patron, string[] filterPaths, ICommandOutput output, CancellationToken cancellation)
    {
        // Patrons that share an engine share its settings too.
        if (HasSettings && !_changed.Contains(patron.Service))
        {
            if (!await output.ShouldProcessAsync(patron.Name, "Change the settings of the patron's engine").ConfigureAwait(false))
                return;
            _changed.Add(patron.Service);
            IReadOnlyList<TorrentError> errors;
            try
            {
                ClientSettings settings = Over(patron.Service.Settings.Client);
                if (HasFilter)
                    settings = await FilterAsync(settings, filterPaths, output, cancellation).ConfigureAwait(false);
                errors = await patron.Service.ApplyAsync(settings, cancellation).ConfigureAwait(false);
                if (VainIn(settings) is { } vain)
                    await output.WarnAsync(vain).ConfigureAwait(false);
            }
            catch (TorrentException fault)
            {
                errors = [fault.Error];
            }

            foreach (TorrentError error in errors)
                await output.FailAsync(new CommandFailure(error, patron)).ConfigureAwait(false);
        }

        if (PassThru)
            await output.EmitAsync(patron).ConfigureAwait(false);
    }
}
