using System.Globalization;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A reference to a torrent by an object: a status, file, job or message, or a copy that a job or a file serialized.</summary>
/// <param name="InfoHash">The torrent's info hash, or the beginning of it, from the object.</param>
/// <param name="Given">The object.</param>
internal sealed record TorrentReference(string InfoHash, object Given)
{
    private const string Ours = "TorrentPatron.";
    private const string Deserialized = "Deserialized.";

    private static readonly string Status = typeof(TorrentStatus).FullName!;

    /// <summary>The folder of the torrent's files in a status; null for other objects.</summary>
    public string? Destination { get; private init; }

    /// <summary>The time when the torrent was added, in a status; null for other objects.</summary>
    public DateTimeOffset? AddedAt { get; private init; }

    /// <summary>
    /// The torrent's name in a status that a job or a file serialized; null for other objects and for names that were not final. A file may
    /// come from anybody, and combine the name of one torrent with the info hash of another.
    /// </summary>
    private string? Name { get; init; }

    /// <summary>
    /// Whether it is a record from elsewhere (a line of a CSV file): its other properties are then options, not the torrent's status.
    /// </summary>
    public bool IsRecord { get; private init; }

    /// <summary>
    /// Chooses among torrents with its info hash: for a status the one in its folder, or else the one that was added at the same time. The
    /// same torrent in another service has a different folder and time.
    /// </summary>
    /// <param name="torrents">The running torrents.</param>
    public IReadOnlyList<TorrentTarget> Choose(IReadOnlyList<TorrentTarget> torrents)
    {
        if (Name is not null)
            torrents = [.. torrents.Where(torrent => torrent.Status is { State: TorrentState.FetchingMetadata } or { State: TorrentState.Queued, Metadata: not null } || IsOf(torrent.Status.Name))];
        if (Destination is null)
            return torrents;
        TorrentTarget[] here = [.. torrents.Where(torrent => torrent.Status.Destination == Destination)];
        return here.Length > 0 ? here : [.. torrents.Where(torrent => WasAddedWith(torrent.Status))];
    }

    /// <summary>Whether it may refer to a torrent of the given name: it has no different name.</summary>
    /// <param name="name">The name.</param>
    public bool IsOf(string name) => Name is null || Name == name;

    /// <summary>A reference by a status.</summary>
    /// <param name="status">The status.</param>
    public static TorrentReference Of(TorrentStatus status) =>
        new(status.InfoHash, status) { Destination = status.Destination, AddedAt = status.AddedAt };

    /// <summary>Reads an argument.</summary>
    /// <param name="value">The argument.</param>
    /// <returns>The reference; null if the argument does not identify a torrent.</returns>
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
            Name = isStatus && !IsNameProvisional(data) ? Read(data, nameof(Name)) as string : null,
            IsRecord = !data.TypeNames.Any(name => name.StartsWith(Ours, StringComparison.Ordinal)
                || name.StartsWith(Deserialized + Ours, StringComparison.Ordinal)),
        };
    }

    /// <summary>Whether the name of a status may change: a link's, until its metadata arrives.</summary>
    private static bool IsNameProvisional(PSObject status) => Read(status, nameof(TorrentStatus.State))?.ToString() switch
    {
        nameof(TorrentState.FetchingMetadata) => true,
        nameof(TorrentState.Queued) => Read(status, nameof(TorrentStatus.Metadata)) is not null,
        _ => false,
    };

    /// <remarks>Serialization by a job or a file may reduce a time to whole seconds.</remarks>
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
            // A property that cannot be read counts as missing.
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
