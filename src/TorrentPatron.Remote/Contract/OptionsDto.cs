using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A torrent's options on the wire.</summary>
internal sealed class OptionsDto
{
    public long? MaxDownloadRate { get; set; }

    public long? MaxUploadRate { get; set; }

    public SeedGoalDto? Goal { get; set; }

    public bool? Sequential { get; set; }

    public bool? SeedOnly { get; set; }

    public bool? SuperSeeding { get; set; }

    public string[]? Tags { get; set; }

    public string[]? AddTags { get; set; }

    public string[]? RemoveTags { get; set; }

    public long? MinimumFreeSpace { get; set; }

    public int? QueuePosition { get; set; }

    public static OptionsDto Of(TorrentOptions options) => new()
    {
        MaxDownloadRate = options.MaxDownloadRate,
        MaxUploadRate = options.MaxUploadRate,
        Goal = SeedGoalDto.Of(options.Goal),
        Sequential = options.Sequential,
        SeedOnly = options.SeedOnly,
        SuperSeeding = options.SuperSeeding,
        Tags = options.Tags is null ? null : [.. options.Tags],
        AddTags = options.AddTags is null ? null : [.. options.AddTags],
        RemoveTags = options.RemoveTags is null ? null : [.. options.RemoveTags],
        MinimumFreeSpace = options.MinimumFreeSpace,
        QueuePosition = options.QueuePosition,
    };

    public TorrentOptions ToOptions() => new()
    {
        MaxDownloadRate = MaxDownloadRate,
        MaxUploadRate = MaxUploadRate,
        Goal = Goal?.ToGoal(),
        Sequential = Sequential,
        SeedOnly = SeedOnly,
        SuperSeeding = SuperSeeding,
        Tags = Tags is null ? null : Wire.ToList(Tags, text => text),
        AddTags = AddTags is null ? null : Wire.ToList(AddTags, text => text),
        RemoveTags = RemoveTags is null ? null : Wire.ToList(RemoveTags, text => text),
        MinimumFreeSpace = MinimumFreeSpace,
        QueuePosition = QueuePosition,
    };
}
