using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>An IP filter on the wire: how large it is, not its ranges.</summary>
internal sealed class FilterDto
{
    public int BlockedRanges { get; set; }

    public int? AllowedRanges { get; set; }

    public string[]? Files { get; set; }

    public ErrorDto? Warning { get; set; }

    public static FilterDto? Of(AddressFilter? filter) => filter is null ? null : new FilterDto
    {
        BlockedRanges = filter.BlockedRanges,
        AllowedRanges = filter.AllowedRanges,
        Files = Wire.OfList(filter.Files, text => text),
        Warning = ErrorDto.Of(filter.Warning),
    };
}
