using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Changes the settings of patrons' engines while they run.</summary>
[Cmdlet(VerbsCommon.Set, "TorrentPatron", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(Patron))]
public sealed class SetTorrentPatronCommand : PatronSettingsCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";

    private readonly HashSet<ITorrentService> _changed = [];
    private Patron? _chosen;

    /// <summary>Names or patterns; by default the session's own patron.</summary>
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

    /// <summary>Make the patron the default for commands without -Patron; <c>:$false</c> undoes that.</summary>
    [Parameter]
    public SwitchParameter Default { get; set; }

    /// <summary>Write the patrons.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<Patron> patrons = ParameterSetName == InputObjectSet ? PatronNames.FindObjects(InputObject, Fail)
            : Name is null ? [Session.Default()]
            : PatronNames.Find(Name, Fail);
        string[] filterPaths = FilterPaths();
        SessionPatrons session = RunspacePatrons.Current;
        Run(async (output, cancellation) =>
        {
            foreach (Patron patron in patrons)
                await ChangeAsync(session, patron, filterPaths, output, cancellation).ConfigureAwait(false);
        });
    }

    private async Task ChangeAsync(
        SessionPatrons session, Patron patron, string[] filterPaths, ICommandOutput output, CancellationToken cancellation)
    {
        // Patrons that share an engine share its settings.
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

        if (MyInvocation.BoundParameters.ContainsKey(nameof(Default)))
            await ChooseAsync(session, patron, output).ConfigureAwait(false);
        if (PassThru)
            await output.EmitAsync(patron).ConfigureAwait(false);
    }

    private async Task ChooseAsync(SessionPatrons session, Patron patron, ICommandOutput output)
    {
        if (!Default)
        {
            if (await output.ShouldProcessAsync(patron.Name, "No longer use the patron as the session's default").ConfigureAwait(false))
                session.Unchoose(patron);
        }
        else if (_chosen is not null && _chosen != patron)
        {
            await output.FailAsync(new CommandFailure(CommandErrors.OneDefault, patron)).ConfigureAwait(false);
        }
        else if (await output.ShouldProcessAsync(patron.Name, "Use the patron as the session's default").ConfigureAwait(false))
        {
            session.Choose(_chosen = patron);
        }
    }
}
