using System.Collections.ObjectModel;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>Something an engine says.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
public abstract record TorrentMessage(TorrentId TorrentId);

/// <summary>The one answer to a command.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the (oldest unanswered) command it answers.</param>
public abstract record TorrentAnswer(TorrentId TorrentId, long CorrelationId) : TorrentMessage(TorrentId)
{
    /// <summary>What of the command was not done, although the rest was; null: nothing.</summary>
    public TorrentError? Reservation { get; init; }
}

/// <summary>The torrent has been started.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="Status">The torrent as it was then.</param>
public sealed record NewTorrentCreated(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId)
{
    /// <summary>Trackers that the torrent, known from before, did not have yet.</summary>
    public ReadOnlyCollection<Uri> MergedTrackers { get; init; } = [];

    /// <summary>What of the start was not done as it was asked for, or looks like a mistake.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];
}

/// <summary>The torrent runs already. No error: here it is.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="Status">The running torrent.</param>
public sealed record TorrentAlreadyDownloading(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId)
{
    /// <summary>Trackers that the torrent did not have yet.</summary>
    public ReadOnlyCollection<Uri> MergedTrackers { get; init; } = [];

    /// <summary>What of the start was not done as it was asked for, or looks like a mistake.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];
}

/// <summary>The torrent could not be started; nothing was left behind.</summary>
/// <param name="TorrentId">Which torrent it is about; the default value where it was not known yet.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="Error">Why, and what to do.</param>
public sealed record TorrentStartFail(TorrentId TorrentId, long CorrelationId, TorrentError Error)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>The torrent has been stopped; its files are closed and its resume data is saved.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="Status">The torrent as it was at its end.</param>
public sealed record TorrentClosed(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>The torrent has been stopped and forgotten: nothing is saved of it any more.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="FilesDeleted">Number of its files that were deleted.</param>
/// <param name="BytesDeleted">Their length in all.</param>
public sealed record TorrentRemoved(TorrentId TorrentId, long CorrelationId, int FilesDeleted, long BytesDeleted)
    : TorrentAnswer(TorrentId, CorrelationId)
{
    /// <summary>The torrent as it was at its end; null where it did not run.</summary>
    public TorrentStatus? Status { get; init; }

    /// <summary>What could not be deleted, or was left because it is not the torrent's, and why.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];
}

/// <summary>Everything on disk has been hashed.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="BadPieces">
/// The pieces, in their order, that counted as there before the check and are not: what is on disk is other, or gone.
/// </param>
/// <param name="Status">The torrent as it was then.</param>
public sealed record TorrentChecked(TorrentId TorrentId, long CorrelationId, ReadOnlyCollection<int> BadPieces, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>Any other command has been carried out.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="Status">The torrent as it was then.</param>
public sealed record CommandDone(TorrentId TorrentId, long CorrelationId, TorrentStatus Status)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>A command other than a start could not be carried out.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="CorrelationId">That of the command it answers.</param>
/// <param name="Error">Why, and what to do.</param>
public sealed record CommandFail(TorrentId TorrentId, long CorrelationId, TorrentError Error)
    : TorrentAnswer(TorrentId, CorrelationId);

/// <summary>How a torrent stands: every few seconds while something happens in it, and at once when its state changes.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record TorrentStatusUpdate(TorrentId TorrentId, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>The torrent went from one state into another.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="Previous">The state before.</param>
/// <param name="Status">An immutable snapshot, in the new state.</param>
public sealed record TorrentStateChanged(TorrentId TorrentId, TorrentState Previous, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>Every wanted piece is verified and written. Said once in a run.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="Reason">How it came to be complete.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record TorrentCompleted(TorrentId TorrentId, CompletionReason Reason, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>What is in the torrent is known now: it was started without (BEP 9). Said once in a run.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="Metainfo">What is in it.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record MetadataReceived(TorrentId TorrentId, TorrentMetainfo Metainfo, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>The torrent has seeded enough (<see cref="SeedGoal"/>) and is suspended. Said once for a goal.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="Status">An immutable snapshot.</param>
public sealed record SeedGoalReached(TorrentId TorrentId, TorrentStatus Status) : TorrentMessage(TorrentId);

/// <summary>Something that a person may want to know but that does not stop the torrent.</summary>
/// <param name="TorrentId">Which torrent it is about.</param>
/// <param name="Warning">What, and what to do.</param>
public sealed record TorrentWarning(TorrentId TorrentId, TorrentError Warning) : TorrentMessage(TorrentId);
