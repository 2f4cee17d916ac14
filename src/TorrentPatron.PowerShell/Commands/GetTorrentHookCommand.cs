using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the scripts that the service runs for events of its torrents, and the outcome of their last runs.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentHook")]
[OutputType(typeof(TorrentHook))]
public sealed class GetTorrentHookCommand : HookCmdlet
{
    /// <summary>Names or patterns; by default all.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [NameTransformation]
    [ArgumentCompleter(typeof(HookCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ITorrentHooks hooks = Hooks;
        string[] names = Name;
        Run(async (output, cancellation) =>
        {
            foreach (TorrentHook hook in await FindAsync(hooks, names, output, cancellation).ConfigureAwait(false))
                await output.EmitAsync(hook).ConfigureAwait(false);
        });
    }

    /// <summary>The hooks that the names match, without duplicates; reports each name that no hook has.</summary>
    internal static async Task<IReadOnlyList<TorrentHook>> FindAsync(
        ITorrentHooks hooks, string[] names, ICommandOutput output, CancellationToken cancellation)
    {
        IReadOnlyList<TorrentHook> all = await hooks.GetAsync(cancellation).ConfigureAwait(false);
        var found = new List<TorrentHook>();
        foreach (NamePattern name in names.Select(text => new NamePattern(text)))
        {
            IReadOnlyList<TorrentHook> named = name.Find(all, hook => [hook.Name]);
            if (named.Count == 0 && !name.HasWildcards)
                await output.FailAsync(new CommandFailure(CommandErrors.NoSuchHook(name.Text), name.Text)).ConfigureAwait(false);
            found.AddRange(named);
        }

        return [.. found.DistinctBy(hook => hook.Name)];
    }
}
