using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Hashes the data of torrents on disk and reports whether it is complete.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Torrent", DefaultParameterSetName = NameSet)]
[OutputType(typeof(bool), typeof(TorrentCheck), typeof(TorrentDataCheck))]
public sealed class TestTorrentCommand : NamedTorrentCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>.torrent files of torrents that are not started; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [PathTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>.torrent files of torrents that are not started, as literal paths.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The folder or file in which to look for the data of a .torrent file.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public string Data { get; set; } = "";

    /// <summary>Write the bad pieces and files.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName is PathSet or LiteralPathSet)
        {
            CheckData();
            return;
        }

        IReadOnlyList<TorrentTarget> torrents = Select();
        Run(async (output, cancellation) =>
        {
            var checker = new TorrentChecker(output);
            foreach (TorrentTarget torrent in torrents)
                await checker.CheckAsync(torrent, PassThru, cancellation).ConfigureAwait(false);
        });
    }

    private void CheckData()
    {
        if (this.ResolveLiteral(Data, Fail) is not [string data])
            return;
        IEnumerable<(string Path, string Given)> sources = ParameterSetName == PathSet
            ? Path.SelectMany(given => this.Resolve(given, Fail).Select(path => (path, given)))
            : LiteralPath.SelectMany(given => this.ResolveLiteral(given, Fail).Select(path => (path, given)));
        foreach ((string path, string given) in sources)
        {
            Run((output, cancellation) => new DataChecker(output, TimeProvider.System)
                .CheckAsync(path, given, data, PassThru, cancellation));
        }
    }
}
