using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Filters;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>An IP filter on the wire: its size from the service, or the changes to the service.</summary>
internal sealed class FilterDto
{
    private const int MostFiles = 100;

    public int BlockedRanges { get; set; }

    public int? AllowedRanges { get; set; }

    /// <summary>Whether addresses are blocked; only from the service.</summary>
    public bool HasBlocked { get; set; }

    /// <summary>
    /// To the service: the name of the upload with the ranges to block; empty to block none; omitted to keep the current ones.
    /// </summary>
    public string? Blocked { get; set; }

    /// <summary>To the service: the name of the upload with the only ranges to allow; empty to allow all; omitted to keep the current ones.</summary>
    public string? Allowed { get; set; }

    public string[]? Files { get; set; }

    public ErrorDto? Warning { get; set; }

    public static FilterDto? Of(AddressFilter? filter) => filter is null ? null : new FilterDto
    {
        HasBlocked = filter.Blocked is not null,
        BlockedRanges = filter.BlockedRanges,
        AllowedRanges = filter.AllowedRanges,
        Files = Wire.OfList(filter.Files, text => text),
        Warning = ErrorDto.Of(filter.Warning),
    };

    /// <summary>Reads a new filter.</summary>
    /// <param name="before">The filter until now; null if none.</param>
    /// <param name="take">Takes an upload.</param>
    /// <exception cref="TorrentException">An upload does not exist, or does not contain ranges.</exception>
    public AddressFilter? Over(AddressFilter? before, Func<string, byte[]> take)
    {
        if (Blocked is null && Allowed is null)
            return before;
        AddressRanges? blocked = Part(Blocked, before?.Blocked), allowed = Part(Allowed, before?.Allowed);
        return blocked is null && allowed is null ? null : new AddressFilter(blocked, allowed)
        {
            Files = Blocked is null ? before?.Files ?? [] : [.. Wire.ToList(Files, DisplayText.Clean).Take(MostFiles)],
            Warning = Blocked is null ? before?.Warning : Warning?.ToError(),
        };

        AddressRanges? Part(string? name, AddressRanges? there) => name is null ? there : name.Length == 0 ? null
            : AddressRanges.TryRead(take(name), out AddressRanges? ranges) ? ranges
            : throw new TorrentException(ContractErrors.InvalidValue(name, "an upload of sorted ranges of addresses"));
    }
}
