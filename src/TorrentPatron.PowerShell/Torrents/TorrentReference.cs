using System.Globalization;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Which torrent an object is about: a status, a file, a job or a message; also after a trip through a job or a file.</summary>
/// <param name="InfoHash">The torrent's info hash, or the beginning of it, as the object has it.</param>
/// <param name="Given">The object.</param>
internal sealed record TorrentReference(string InfoHash, object Given)
{
    private const string Ours = "TorrentPatron.";
    private const string Deserialized = "Deserialized.";

    private static readonly string Status = typeof(TorrentStatus).FullName!;

    /// <summary>Where a status says that the torrent lay; null: the object is something else.</summary>
    public string? Destination { get; private init; }

    /// <summary>When a status says that the torrent was added; null: the object is something else.</summary>
    public DateTimeOffset? AddedAt { get; private init; }

    /// <summary>
    /// What a status that has been through a job or a file calls the torrent; null: the object is something else, or the name was not final.
    /// A file may come from anybody, and say the name of one torrent with the info hash of another.
    /// </summary>
    private string? Name { get; init; }

    /// <summary>
    /// Whether it was made by somebody else (a line of a CSV file): then its other properties are wishes, and not how the torrent stood.
    /// </summary>
    public bool IsRecord { get; private init; }

    /// <summary>
    /// Which of several it is about that have its info hash: of a status, the one in its place, or else the one that was added when it was.
    /// What another service runs of the same torrent lies elsewhere and was added at another time.
    /// </summary>
    /// <param name="torrents">Those that run.</param>
    public IReadOnlyList<TorrentTarget> Choose(IReadOnlyList<TorrentTarget> torrents)
    {
        if (Name is not null)
            torrents = [.. torrents.Where(torrent => torrent.Status.State == TorrentState.FetchingMetadata || IsOf(torrent.Status.Name))];
        if (Destination is null)
            return torrents;
        TorrentTarget[] here = [.. torrents.Where(torrent => torrent.Status.Destination == Destination)];
        return here.Length > 0 ? here : [.. torrents.Where(torrent => WasAddedWith(torrent.Status))];
    }

    /// <summary>Whether it may be about a torrent of some name: it shows no other.</summary>
    /// <param name="name">The name.</param>
    public bool IsOf(string name) => Name is null || Name == name;

    /// <summary>The torrent of which a status tells.</summary>
    /// <param name="status">The status.</param>
    public static TorrentReference Of(TorrentStatus status) =>
        new(status.InfoHash, status) { Destination = status.Destination, AddedAt = status.AddedAt };

    /// <summary>Reads an argument.</summary>
    /// <param name="value">The argument.</param>
    /// <returns>The torrent; null where the argument does not say which it is.</returns>
    public static TorrentReference? Of(object? value)
    {
        switch (PipelineValue.Unwrap(value))
        {
            case TorrentStatus status:
                return Of(status);
            case null or string or ValueType:
                return null;
        }

        var data = PSObject.AsPSObject(value);
        if (Read(data, nameof(InfoHash))?.ToString() is not { Length: > 0 } infoHash)
            return null;

        bool isStatus = data.TypeNames.Contains(Deserialized + Status);
        return new TorrentReference(infoHash, value!)
        {
            Destination = isStatus ? Read(data, nameof(Destination)) as string : null,
            AddedAt = isStatus ? ReadTime(data) : null,
            Name = isStatus && Read(data, nameof(TorrentStatus.State))?.ToString() != nameof(TorrentState.FetchingMetadata)
                ? Read(data, nameof(Name)) as string
                : null,
            IsRecord = !data.TypeNames.Any(name => name.StartsWith(Ours, StringComparison.Ordinal)
                || name.StartsWith(Deserialized + Ours, StringComparison.Ordinal)),
        };
    }

    /// <remarks>Of a time, a trip through a job or a file may leave the whole seconds only.</remarks>
    private bool WasAddedWith(TorrentStatus status) => Given is TorrentStatus
        ? status.AddedAt == AddedAt
        : (status.AddedAt - AddedAt)?.Duration() < TimeSpan.FromSeconds(1);

    private static object? Read(PSObject data, string property)
    {
        try
        {
            return PipelineValue.Unwrap(data.Properties[property]?.Value);
        }
        catch (RuntimeException)
        {
            // A property that cannot be read says nothing.
            return null;
        }
    }

    private static DateTimeOffset? ReadTime(PSObject data) => Read(data, nameof(AddedAt)) switch
    {
        DateTimeOffset time => time,
        DateTime time => time,
        string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out DateTimeOffset time) => time,
        _ => null,
    };
}
