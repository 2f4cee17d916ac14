using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Filters;
using TorrentPatron.Remote.Contract;

namespace TorrentPatron.Remote.Client;

/// <summary>
/// The IP filter of a service in another process: its size, without its ranges. A client that changes settings returns the unchanged parts as
/// it received them, and the service keeps its own.
/// </summary>
internal static class RemoteFilter
{
    /// <summary>A filter as the service describes it; null if it has none.</summary>
    public static AddressFilter? Read(FilterDto? told) => told is null ? null : new AddressFilter(
        told.HasBlocked ? AddressRanges.Counted(told.BlockedRanges) : null, told.AllowedRanges is { } count ? AddressRanges.Counted(count) : null)
    {
        Files = Wire.ToList(told.Files, file => file).AsReadOnly(),
        Warning = told.Warning?.ToError(),
    };

    /// <summary>Writes a new filter.</summary>
    /// <param name="wanted">The filter; null means none.</param>
    /// <param name="upload">Uploads ranges, and returns the name of the upload.</param>
    public static async Task<FilterDto?> WriteAsync(AddressFilter? wanted, Func<AddressRanges, Task<string>> upload)
    {
        if (wanted is null)
            return null;
        return new FilterDto
        {
            Files = Wire.OfList(wanted.Files, file => file),
            Warning = ErrorDto.Of(wanted.Warning),
            Blocked = await PartAsync(wanted.Blocked).ConfigureAwait(false),
            Allowed = await PartAsync(wanted.Allowed).ConfigureAwait(false),
        };

        // An omitted part stays unchanged; an empty name means none.
        async Task<string?> PartAsync(AddressRanges? ranges) =>
            ranges is null ? "" : ranges.IsCounted ? null : await upload(ranges).ConfigureAwait(false);
    }
}
