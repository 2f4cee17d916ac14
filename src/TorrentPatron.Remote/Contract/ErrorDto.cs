using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>An error on the wire: a stable id, a sentence and a remedy.</summary>
internal sealed class ErrorDto
{
    public string? Id { get; set; }

    public string? Message { get; set; }

    public string? Remedy { get; set; }

    [return: NotNullIfNotNull(nameof(error))]
    public static ErrorDto? Of(TorrentError? error) =>
        error is null ? null : new ErrorDto { Id = error.Id, Message = error.Message, Remedy = error.Remedy };

    public static ErrorDto[]? OfList(IReadOnlyCollection<TorrentError> errors) => Wire.OfList(errors, error => Of(error));

    public TorrentError ToError() => new(Id ?? TorrentErrorId.Unexpected, Message ?? "", Remedy ?? "");
}
