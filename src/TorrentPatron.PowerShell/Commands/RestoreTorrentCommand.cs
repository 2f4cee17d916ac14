using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Starts torrents again that an earlier session, or a killed process, left in the state folder.</summary>
[Cmdlet(VerbsData.Restore, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class RestoreTorrentCommand : PatronCmdlet
{
    private const string NameSet = "Name";
    private const string InfoHashSet = "InfoHash";
    private const string InputObjectSet = "InputObject";

    /// <summary>Names or patterns; by default all.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [NameTransformation]
    [ArgumentCompleter(typeof(Completion.SavedNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Info hashes or their prefixes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(Completion.SavedInfoHashCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>The torrents: statuses from Get-TorrentStatus -Saved, or other objects with a property InfoHash.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [TorrentTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<SavedTarget> torrents = SelectSaved(Patron ?? Session.Default(), Name, InfoHash, InputObject);
        Run(async (output, cancellation) =>
        {
            var starter = new TorrentStarter(output);
            var line = new StartLine(
                async start =>
                {
                    if (await starter.TakeAsync(start).ConfigureAwait(false) is { } restored)
                        await output.EmitAsync(restored.Status).ConfigureAwait(false);
                },
                TimeProvider.System);
            foreach (SavedTarget torrent in torrents)
            {
                string action = $"Restore torrent in '{torrent.Saved.Destination}'";
                if (!await output.ShouldProcessAsync($"{torrent.Name} ({torrent.InfoHash})", action).ConfigureAwait(false))
                    continue;
                line.Add(TorrentStarter.Begin(torrent, cancellation));
                if (line.IsFull)
                    await line.TakeSomeAsync().ConfigureAwait(false);
            }

            await line.TakeAllAsync().ConfigureAwait(false);
        });
    }
}
