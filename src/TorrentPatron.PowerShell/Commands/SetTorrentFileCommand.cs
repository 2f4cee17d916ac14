using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Says which files of torrents are wanted, and how much.</summary>
[Cmdlet(VerbsCommon.Set, "TorrentFile", DefaultParameterSetName = InputObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentFile))]
public sealed class SetTorrentFileCommand : SelectTorrentCmdlet
{
    // Files come one by one down the pipeline: what is said of one torrent's is done at once.
    private readonly OrderedDictionary<(TorrentService Service, InfoHash Torrent), (TorrentTarget Torrent, HashSet<int> Chosen)> _choices = [];

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

    /// <summary>Places of files in the torrent.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public int[]? Index { get; set; }

    /// <summary>How much they are wanted.</summary>
    [Parameter]
    public FilePriority Priority { get; set; } = FilePriority.Normal;

    /// <summary>No other file is wanted.</summary>
    [Parameter]
    public SwitchParameter Only { get; set; }

    /// <summary>Write how the files stand afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var choice = new FileChoice(Include, Exclude, Index);
        foreach (TorrentTarget torrent in Select())
        {
            (TorrentService Service, InfoHash Torrent) key = (torrent.Patron.Service, torrent.Torrent);
            if (!_choices.ContainsKey(key))
                _choices.Add(key, (torrent, []));
            _choices[key].Chosen.UnionWith(torrent.Files.Where(choice.Has).Select(file => file.Index));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Run(async (output, cancellation) =>
    {
        var chooser = new FileChooser(output);
        foreach ((TorrentTarget torrent, HashSet<int> chosen) in _choices.Values)
            await chooser.ChooseAsync(torrent, chosen, Priority, Only, PassThru, cancellation).ConfigureAwait(false);
    });
}
