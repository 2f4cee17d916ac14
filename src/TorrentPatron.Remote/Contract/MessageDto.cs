using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>A message of any kind on the wire: an answer or an event of a torrent. Members that do not apply are omitted.</summary>
internal sealed class MessageDto
{
    /// <summary>Maximum number of bytes of a .torrent in one message: as text they fit into a line.</summary>
    public const int MostMetainfo = 11 << 20;

    private const int MostPieces = 2_097_152;

    /// <summary>The patron that it is for, as a GUID; omitted in answers.</summary>
    public Guid? Patron { get; set; }

    /// <summary>Name of the message's type: <c>TorrentCompleted</c>.</summary>
    public string? Kind { get; set; }

    public string? InfoHash { get; set; }

    /// <summary>In an answer: the service's number of the request.</summary>
    public long CorrelationId { get; set; }

    public StatusDto? Status { get; set; }

    public ErrorDto? Error { get; set; }

    public ErrorDto? Reservation { get; set; }

    public string[]? MergedTrackers { get; set; }

    public ErrorDto[]? Warnings { get; set; }

    public int FilesDeleted { get; set; }

    public long BytesDeleted { get; set; }

    /// <summary>First and last number of each run of bad pieces.</summary>
    public int[]? BadPieces { get; set; }

    public string? Previous { get; set; }

    public string? Reason { get; set; }

    /// <summary>The .torrent, in base64; omitted if it is too large for a message.</summary>
    public byte[]? Metainfo { get; set; }

    public static MessageDto Of(TorrentMessage message)
    {
        var written = new MessageDto
        {
            Kind = message.GetType().Name,
            InfoHash = Wire.OfTorrent(message.TorrentId),
            CorrelationId = (message as TorrentAnswer)?.CorrelationId ?? 0,
            Reservation = ErrorDto.Of((message as TorrentAnswer)?.Reservation),
        };
        switch (message)
        {
            case NewTorrentCreated created:
                written.Status = StatusDto.Of(created.Status);
                written.MergedTrackers = Wire.OfList(created.MergedTrackers, Wire.OfUri);
                written.Warnings = ErrorDto.OfList(created.Warnings);
                break;
            case TorrentAlreadyDownloading already:
                written.Status = StatusDto.Of(already.Status);
                written.MergedTrackers = Wire.OfList(already.MergedTrackers, Wire.OfUri);
                written.Warnings = ErrorDto.OfList(already.Warnings);
                break;
            case TorrentStartFail fail:
                written.Error = ErrorDto.Of(fail.Error);
                break;
            case TorrentClosed closed:
                written.Status = StatusDto.Of(closed.Status);
                break;
            case TorrentRemoved removed:
                written.Status = removed.Status is null ? null : StatusDto.Of(removed.Status);
                written.FilesDeleted = removed.FilesDeleted;
                written.BytesDeleted = removed.BytesDeleted;
                written.Warnings = ErrorDto.OfList(removed.Warnings);
                break;
            case TorrentChecked done:
                written.Status = StatusDto.Of(done.Status);
                written.BadPieces = Wire.OfNumbers(done.BadPieces);
                break;
            case CommandDone done:
                written.Status = StatusDto.Of(done.Status);
                break;
            case CommandFail fail:
                written.Error = ErrorDto.Of(fail.Error);
                break;
            case TorrentStatusUpdate update:
                written.Status = StatusDto.Of(update.Status);
                break;
            case TorrentStateChanged changed:
                written.Status = StatusDto.Of(changed.Status);
                written.Previous = changed.Previous.ToString();
                break;
            case TorrentCompleted completed:
                written.Status = StatusDto.Of(completed.Status);
                written.Reason = completed.Reason.ToString();
                break;
            case MetadataReceived received:
                written.Status = StatusDto.Of(received.Status);
                written.Metainfo = received.Metainfo.Raw.Length <= MostMetainfo ? received.Metainfo.Raw.ToArray() : null;
                break;
            case SeedGoalReached reached:
                written.Status = StatusDto.Of(reached.Status);
                break;
            case TorrentWarning warning:
                written.Error = ErrorDto.Of(warning.Warning);
                break;
            default:
                throw new NotSupportedException($"A {written.Kind} has no form on the wire.");
        }

        return written;
    }

    /// <summary>Reads the message.</summary>
    /// <returns>The message; null if this version does not know its kind, or a required member is missing.</returns>
    /// <exception cref="TorrentException">It cannot be read.</exception>
    public TorrentMessage? ToMessage()
    {
        TorrentId torrent = Wire.ToTorrent(InfoHash);
        TorrentMessage? message = (Kind, Status?.ToStatus(), Error?.ToError()) switch
        {
            (nameof(NewTorrentCreated), { } status, _) => new NewTorrentCreated(torrent, CorrelationId, status)
            {
                MergedTrackers = Wire.ToList(MergedTrackers, Wire.ToUri),
                Warnings = Wire.ToList(Warnings, error => error.ToError()),
            },
            (nameof(TorrentAlreadyDownloading), { } status, _) => new TorrentAlreadyDownloading(torrent, CorrelationId, status)
            {
                MergedTrackers = Wire.ToList(MergedTrackers, Wire.ToUri),
                Warnings = Wire.ToList(Warnings, error => error.ToError()),
            },
            (nameof(TorrentStartFail), _, { } error) => new TorrentStartFail(torrent, CorrelationId, error),
            (nameof(TorrentClosed), { } status, _) => new TorrentClosed(torrent, CorrelationId, status),
            (nameof(TorrentRemoved), var status, _) => new TorrentRemoved(torrent, CorrelationId, FilesDeleted, BytesDeleted)
            {
                Status = status,
                Warnings = Wire.ToList(Warnings, error => error.ToError()),
            },
            (nameof(TorrentChecked), { } status, _) =>
                new TorrentChecked(torrent, CorrelationId, Wire.ToNumbers(BadPieces, MostPieces), status),
            (nameof(CommandDone), { } status, _) => new CommandDone(torrent, CorrelationId, status),
            (nameof(CommandFail), _, { } error) => new CommandFail(torrent, CorrelationId, error),
            (nameof(TorrentStatusUpdate), { } status, _) => new TorrentStatusUpdate(torrent, status),
            (nameof(TorrentStateChanged), { } status, _) =>
                new TorrentStateChanged(torrent, Wire.ToEnum(Previous, TorrentState.Stopped), status),
            (nameof(TorrentCompleted), { } status, _) => new TorrentCompleted(torrent, Wire.ToEnum<CompletionReason>(Reason), status),
            (nameof(MetadataReceived), { } status, _) when Metainfo is not null =>
                new MetadataReceived(torrent, MetainfoDto.Read(Metainfo), status),
            (nameof(SeedGoalReached), { } status, _) => new SeedGoalReached(torrent, status),
            (nameof(TorrentWarning), _, { } error) => new TorrentWarning(torrent, error),
            _ => null,
        };
        return message is TorrentAnswer answer && Reservation is not null ? answer with { Reservation = Reservation.ToError() } : message;
    }
}
