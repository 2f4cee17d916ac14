using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Changes running torrents: limits, goals, tags, the order of pieces, the position in the queue, the location of the files.</summary>
[Cmdlet(VerbsCommon.Set, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class SetTorrentCommand : ChangeTorrentCmdlet
{
    private string? _destination;
    /// <summary>The torrent moved in the queue before, the position that it was to have, and the one that it has; null if none was.</summary>
    private (Patron Patron, int Wanted, int Position)? _moved;
    private TorrentOptionsReader _options = null!;

    /// <summary>Download limit in bytes/s; 0 means no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MaxDownloadRate { get; set; }

    /// <summary>Upload limit in bytes/s; 0 means no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MaxUploadRate { get; set; }

    /// <summary>Stop seeding at this ratio of bytes sent to bytes present; null means at no ratio.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [RecordValue(typeof(double))]
    [ValidateNotNegative]
    public double? SeedRatio { get; set; }

    /// <summary>Stop seeding after this time; null means after no time.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [DurationTransformation(AtMostDays = 3650, EmptyIsNull = true)]
    public TimeSpan? SeedTime { get; set; }

    /// <summary>Download pieces in order.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Sequential { get; set; }

    /// <summary>Offer each peer only a few pieces at a time while every piece is here (BEP 16).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>Tags that replace the current ones; an empty list removes all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(TagCompleter))]
    [RecordValue(typeof(string))]
    [ValidateTag]
    public string[]? Tag { get; set; }

    /// <summary>Tags to add.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TagCompleter))]
    [RecordValue(typeof(string))]
    [ValidateTag]
    public string[]? AddTag { get; set; }

    /// <summary>Tags to remove; wildcards are allowed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TagCompleter))]
    [RecordValue(typeof(string))]
    [SupportsWildcards]
    public string[]? RemoveTag { get; set; }

    /// <summary>Bytes that must stay free on the disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MinimumFreeSpace { get; set; }

    /// <summary>The position in the queue; 1 is the first, and a number above that of the torrents means the last.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(int))]
    [ValidatePositive]
    public int? QueuePosition { get; set; }

    /// <summary>The folder to move the files to.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string? Destination { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        // An invalid command-line value ends the command before anything is changed.
        if (Destination is not null)
            this.ResolveDestination(Destination);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentTarget> torrents = Select();
        _options = new TorrentOptionsReader(Given.Values);
        _destination = Given.Get<string>(nameof(Destination)) is { } destination ? this.ResolveDestination(destination) : null;
        Change(torrents);
    }

    private protected override string Action(TorrentTarget torrent)
    {
        string[] changed = [.. Given.Values.Keys.Intersect(
        [
            nameof(MaxDownloadRate), nameof(MaxUploadRate), nameof(SeedRatio), nameof(SeedTime), nameof(Sequential), nameof(SuperSeeding), nameof(Tag),
            nameof(AddTag), nameof(RemoveTag), nameof(MinimumFreeSpace), nameof(QueuePosition),
        ])];
        string move = _destination is null
            ? ""
            : $"Move {DataOnDisk.All(torrent.Patron.GetFiles(torrent.Torrent))} from '{torrent.Status.Destination}' to '{_destination}'";
        return changed.Length == 0 ? move : $"Set {string.Join(", ", changed)}{(move.Length > 0 ? ". " : "")}{move}";
    }

    private protected override Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation) =>
        _options.IsAny || _destination is not null ? base.ChangeAsync(torrent, output, cancellation) : Task.CompletedTask;

    /// <summary>The position that puts a torrent behind the one before it, if both are to be at the same position.</summary>
    private int? KeepOrder(TorrentTarget torrent, int? wanted)
    {
        if (_moved is not { } before || before.Wanted != wanted || before.Patron.Service != torrent.Patron.Service
            || torrent.Latest.QueuePosition is not { } own)
        {
            return wanted;
        }

        // If the torrent comes from before the other one, that one moves up.
        return own > before.Position ? before.Position + 1 : before.Position;
    }

    private protected override async Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation)
    {
        TorrentAnswer? answer = null;
        if (_options.IsAny)
        {
            TorrentOptions options = _options.For(torrent.Latest);
            answer = await torrent.Patron.SetAsync(
                torrent.Torrent, options with { QueuePosition = KeepOrder(torrent, options.QueuePosition) }, cancellation).ConfigureAwait(false);
            _moved = answer is CommandDone { Status.QueuePosition: { } position } && options.QueuePosition is { } wanted
                ? (torrent.Patron, wanted, position)
                : null;
        }

        return answer is CommandFail || _destination is null
            ? answer!
            : await torrent.Patron.MoveAsync(torrent.Torrent, _destination, cancellation).ConfigureAwait(false);
    }
}
