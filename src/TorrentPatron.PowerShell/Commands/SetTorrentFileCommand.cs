using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Sets the priority of files in torrents.</summary>
[Cmdlet(VerbsCommon.Set, "TorrentFile", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentFile))]
public sealed class SetTorrentFileCommand : NamedTorrentCmdlet
{
    private readonly NameSearch _search = new();

    // Files arrive one by one from the pipeline; those of one torrent are set together.
    private readonly OrderedDictionary<(ITorrentService Service, TorrentId Torrent), (TorrentTarget Torrent, Dictionary<int, FilePriority> Chosen)> _choices = [];

    /// <summary>Names or patterns of files; by default all.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(FileNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Include { get; set; }

    /// <summary>Names or patterns of files to omit.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FileNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Exclude { get; set; }

    /// <summary>Indexes of files in the torrent.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(int))]
    public int[]? Index { get; set; }

    /// <summary>The priority of the files.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(FilePriority))]
    public FilePriority Priority { get; set; } = FilePriority.Normal;

    /// <summary>Skip all other files.</summary>
    [Parameter]
    public SwitchParameter Only { get; set; }

    /// <summary>Write the files after the change.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var choice = new FileChoice(Include, Exclude, Index);
        foreach (TorrentTarget torrent in Select())
        {
            (ITorrentService Service, TorrentId Torrent) key = (torrent.Patron.Service, torrent.Torrent);
            if (!_choices.ContainsKey(key))
                _choices.Add(key, (torrent, []));
            foreach (TorrentFile file in choice.Among(torrent, _search))
                _choices[key].Chosen[file.Index] = Given.Get<FilePriority?>(nameof(Priority)) ?? FilePriority.Normal;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(CommandErrors.NoSuchFile(missing, _search), missing);
        Run(ChooseAsync);
    }

    private async Task ChooseAsync(ICommandOutput output, CancellationToken cancellation)
    {
        var chooser = new FileChooser(output);
        foreach ((TorrentTarget torrent, Dictionary<int, FilePriority> chosen) in _choices.Values)
            await chooser.ChooseAsync(torrent, chosen, Only, PassThru, cancellation).ConfigureAwait(false);
    }
}
