using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Writes the .torrent files of torrents that run or are saved.</summary>
[Cmdlet(VerbsData.Export, "TorrentFile", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportTorrentFileCommand : NamedTorrentCmdlet
{
    private readonly List<SavedTarget> _saved = [];
    private TorrentFileWriter _writer = null!;

    /// <summary>The .torrent file, or the folder to write it to; by default the current location.</summary>
    [Parameter(Position = 1)]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Replace an existing .torrent file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _writer = new TorrentFileWriter(this.ResolveDestination(Destination), Force);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _saved.Clear();
        IReadOnlyList<TorrentTarget> running = Select();
        Run(async (output, cancellation) =>
        {
            foreach (TorrentTarget torrent in running)
            {
                // An engine may know a torrent without its .torrent; the saved state then has it.
                TorrentMetainfo? metainfo = torrent.Patron.GetMetainfo(torrent.Torrent) ?? torrent.Patron.Service.States.ReadMetainfo(torrent.Torrent);
                await WriteAsync(metainfo, torrent.Status.Name, torrent.Status, output, cancellation).ConfigureAwait(false);
            }

            foreach (SavedTarget torrent in _saved)
                await WriteAsync(torrent.Saved.ReadMetainfo(), torrent.Name, torrent.Name, output, cancellation).ConfigureAwait(false);
        });
    }

    /// <summary>Looks among the saved torrents too.</summary>
    private protected override bool IsElsewhere(object target)
    {
        IReadOnlyList<SavedTarget> found = FindSaved(target);
        _saved.AddRange(found);
        return found.Count > 0;
    }

    private async Task WriteAsync(
        TorrentMetainfo? metainfo, string name, object target, ICommandOutput output, CancellationToken cancellationToken)
    {
        if (metainfo is null)
        {
            await output.FailAsync(new CommandFailure(CommandErrors.NoTorrentFileYet(name), target)).ConfigureAwait(false);
            return;
        }

        string file = _writer.FileOf(metainfo.Name);
        TorrentError? error = _writer.FindObstacle(file);
        if (error is null)
        {
            if (!await output.ShouldProcessAsync(DisplayText.Clean(file), $"Write the .torrent of '{metainfo.Name}'").ConfigureAwait(false))
                return;
            error = await _writer.WriteAsync(file, metainfo.Raw, cancellationToken).ConfigureAwait(false);
        }

        if (error is null)
            await output.EmitFileAsync(file).ConfigureAwait(false);
        else
            await output.FailAsync(new CommandFailure(error, target)).ConfigureAwait(false);
    }
}
