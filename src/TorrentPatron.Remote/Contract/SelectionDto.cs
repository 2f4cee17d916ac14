using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A choice of files on the wire, with its properties.</summary>
internal sealed class SelectionDto
{
    public string[]? Include { get; set; }

    public string[]? Exclude { get; set; }

    public int[]? Indices { get; set; }

    [return: NotNullIfNotNull(nameof(selection))]
    public static SelectionDto? Of(FileSelection? selection) => selection is null ? null : new SelectionDto
    {
        Include = Wire.OfList(selection.Include, text => text),
        Exclude = Wire.OfList(selection.Exclude, text => text),
        Indices = selection.Indices.Count == 0 ? null : [.. selection.Indices],
    };

    public FileSelection ToSelection() => new()
    {
        Include = Wire.ToList(Include, text => text),
        Exclude = Wire.ToList(Exclude, text => text),
        Indices = Indices ?? [],
    };
}
