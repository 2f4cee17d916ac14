using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Changes torrents that run: limits, goals, tags, the order of pieces, where the files lie.</summary>
[Cmdlet(VerbsCommon.Set, "Torrent", DefaultParameterSetName = InputObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class SetTorrentCommand : ChangeTorrentCmdlet
{
    private string? _destination;
    private TorrentOptionsReader? _options;

    /// <summary>Most to receive, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long MaxDownloadRate { get; set; }

    /// <summary>Most to send, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long MaxUploadRate { get; set; }

    /// <summary>Stop seeding when so many bytes are sent for each that is here; null: never for that.</summary>
    [Parameter]
    [AllowNull]
    [ValidateNotNegative]
    public double? SeedRatio { get; set; }

    /// <summary>Stop seeding after that time; null: never for that.</summary>
    [Parameter]
    [AllowNull]
    [DurationTransformation(AtMostDays = 3650)]
    public TimeSpan? SeedTime { get; set; }

    /// <summary>Fetch pieces in their order.</summary>
    [Parameter]
    public SwitchParameter Sequential { get; set; }

    /// <summary>What to call the torrents by, in place of what was before; empty: nothing.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateLength(1, 100)]
    public string[] Tag { get; set; } = [];

    /// <summary>Bytes that must stay free on the disk.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long MinimumFreeSpace { get; set; }

    /// <summary>The folder to move the files to.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    private TorrentOptionsReader Options => _options ??= new TorrentOptionsReader(this.Given());

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Destination is not null)
            _destination = this.ResolveDestination(Destination);
    }

    private protected override string Action(TorrentTarget torrent)
    {
        string[] changed = [.. this.Given().Keys.Intersect(
        [
            nameof(MaxDownloadRate), nameof(MaxUploadRate), nameof(SeedRatio), nameof(SeedTime), nameof(Sequential), nameof(Tag),
            nameof(MinimumFreeSpace),
        ])];
        string move = _destination is null
            ? ""
            : $"Move {DataOnDisk.All(torrent.Patron.GetFiles(torrent.Torrent))} from '{torrent.Status.Destination}' to '{_destination}'";
        return changed.Length == 0 ? move : $"Set {string.Join(", ", changed)}{(move.Length > 0 ? ". " : "")}{move}";
    }

    private protected override Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation) =>
        Options.IsAny || _destination is not null ? base.ChangeAsync(torrent, output, cancellation) : Task.CompletedTask;

    private protected override async Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation)
    {
        TorrentAnswer? answer = null;
        if (Options.IsAny)
            answer = await torrent.Patron.SetAsync(torrent.Torrent, Options.For(torrent.Latest), cancellation).ConfigureAwait(false);
        return answer is CommandFail || _destination is null
            ? answer!
            : await torrent.Patron.MoveAsync(torrent.Torrent, _destination, cancellation).ConfigureAwait(false);
    }
}
