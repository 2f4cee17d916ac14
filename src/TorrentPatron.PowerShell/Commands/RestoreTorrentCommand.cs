using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Takes up again what an earlier session, or a task that was killed, left in the state folder.</summary>
[Cmdlet(VerbsData.Restore, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class RestoreTorrentCommand : PatronCmdlet
{
    private const string NameSet = "Name";
    private const string InfoHashSet = "InfoHash";

    /// <summary>Names, or patterns of names; by default all.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(Completion.SavedNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Info hashes, or beginnings of them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(Completion.SavedInfoHashCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<SavedTarget> torrents = Select();
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

    private List<SavedTarget> Select()
    {
        IReadOnlyList<SavedTarget> saved = SavedTargets(Patron ?? Session.Default());
        var found = new List<SavedTarget>();
        foreach (string text in ParameterSetName == InfoHashSet ? InfoHash : Name)
        {
            bool isPattern = ParameterSetName == NameSet && WildcardPattern.ContainsWildcardCharacters(text);
            var pattern = new Patterns([text]);
            SavedTarget[] named = [.. saved.Where(torrent => isPattern ? pattern.Match(torrent.Name) : torrent.IsCalled(WildcardPattern.Unescape(text)))];
            if (named.Length == 0 && !isPattern)
                Fail(CommandErrors.NotSaved(text), text);
            found.AddRange(named);
        }

        return [.. found.Distinct()];
    }
}
