using System.Collections.ObjectModel;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>A message from an engine.</summary>
/// <param name="TorrentId">The torrent.</param>
public abstract record TorrentMessage(TorrentId TorrentId);

/// <summary>The answer to a command.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the (oldest unanswered) command it answers.</param>
public abstract record TorrentAnswer(TorrentId TorrentId, long CorrelationId) : TorrentMessage(TorrentId)
{
    /// <summary>The part of the command that was not carried out, although the rest was; null if there is none.</summary>
    public TorrentError? Reservation { get; init; }
}

/// <summary>The torrent has been started.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="Status">The torrent's status at that moment.</param>
public sealed record NewTorrentCreated(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId)
{
    /// <summary>Trackers added to a torrent that was already known.</summary>
    public ReadOnlyCollection<Uri> MergedTrackers { get; init; } = [];

    /// <summary>Parts of the start that were not carried out, or that look like mistakes.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];
}

/// <summary>The torrent is already running. This is not an error.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="Status">The running torrent.</param>
public sealed record TorrentAlreadyDownloading(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId)
{
    /// <summary>Trackers added to the running torrent.</summary>
    public ReadOnlyCollection<Uri> MergedTrackers { get; init; } = [];

    /// <summary>Parts of the start that were not carried out, or that look like mistakes.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];
}

/// <summary>The torrent could not be started; nothing was left behind.</summary>
/// <param name="TorrentId">The torrent; the default value if it was not known yet.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="Error">Why, and what to do.</param>
public sealed record TorrentStartFail(TorrentId TorrentId, long CorrelationId, TorrentError Error)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>The torrent has been stopped; its files are closed and its resume data is saved.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="Status">The torrent's last status.</param>
public sealed record TorrentClosed(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>The torrent has been stopped and its saved state deleted.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="FilesDeleted">The number of its files that were deleted.</param>
/// <param name="BytesDeleted">Their total length, bytes.</param>
public sealed record TorrentRemoved(TorrentId TorrentId, long CorrelationId, int FilesDeleted, long BytesDeleted)
    : TorrentAnswer(TorrentId, CorrelationId)
{
    /// <summary>The torrent's last status; null if it was not running.</summary>
    public TorrentStatus? Status { get; init; }

    /// <summary>The files that could not be deleted, or were kept because they are not the torrent's.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];
}

/// <summary>A check is complete.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="BadPieces">
/// The pieces, in order, that counted as verified before the check but are wrong or missing on disk.
/// </param>
/// <param name="Status">The torrent's status at that moment.</param>
public sealed record TorrentChecked(TorrentId TorrentId, long CorrelationId, ReadOnlyCollection<int> BadPieces, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>Another kind of command has been carried out.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="Status">The torrent's status at that moment.</param>
public sealed record CommandDone(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>A command other than a start could not be carried out.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="CorrelationId">The id of the command it answers.</param>
/// <param name="Error">Why, and what to do.</param>
public sealed record CommandFail(TorrentId TorrentId, long CorrelationId, TorrentError Error)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>A torrent's status, sent every few seconds while it is active, and at once when its state changes.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record TorrentStatusUpdate(TorrentId TorrentId, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>The torrent's state has changed.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Previous">The previous state.</param>
/// <param name="Status">An immutable snapshot, in the new state.</param>
public sealed record TorrentStateChanged(TorrentId TorrentId, TorrentState Previous, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>Every wanted piece is verified and written. Sent once per run.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Reason">How it became complete.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record TorrentCompleted(TorrentId TorrentId, CompletionReason Reason, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>The metadata of a torrent started without it has arrived (BEP 9). Sent once per run.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Metainfo">The metainfo.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record MetadataReceived(TorrentId TorrentId, TorrentMetainfo Metainfo, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>The torrent reached its <see cref="SeedGoal"/> and is suspended. Sent once per goal.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record SeedGoalReached(TorrentId TorrentId, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>A problem that does not stop the torrent.</summary>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Warning">The problem, and what to do.</param>
public sealed record TorrentWarning(TorrentId TorrentId, TorrentError Warning) : TorrentMessage(TorrentId);
