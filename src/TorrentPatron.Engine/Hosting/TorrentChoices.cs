using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>What has been chosen for a torrent: by its start, by what was saved before it, and by commands since. Immutable.</summary>
internal sealed record TorrentChoices
{
    /// <summary>Tags that a torrent has at most.</summary>
    private const int MostTags = 64;

    /// <summary>Characters that a tag has at most.</summary>
    private const int LongestTag = 200;

    private TorrentChoices()
    {
    }

    /// <summary>Nothing has been chosen: every file, no limit, no goal.</summary>
    public static TorrentChoices None { get; } = new();

    /// <summary>Bytes/s received; 0: no limit.</summary>
    public long MaxDownloadRate { get; private init; }

    /// <summary>Bytes/s sent; 0: no limit.</summary>
    public long MaxUploadRate { get; private init; }

    /// <summary>When it has seeded enough.</summary>
    public SeedGoal Goal { get; private init; } = SeedGoal.None;

    /// <summary>Whether pieces are fetched in their order.</summary>
    public bool Sequential { get; private init; }

    /// <summary>Whether it super-seeds while every piece is here.</summary>
    public bool SuperSeeding { get; private init; }

    /// <summary>Whether it only gives what is there.</summary>
    public bool SeedOnly { get; private init; }

    /// <summary>What its user calls it by, fit to be shown.</summary>
    public ReadOnlyCollection<string> Tags { get; private init; } = [];

    /// <summary>Bytes that must stay free on the volume.</summary>
    public long MinimumFreeSpace { get; private init; }

    /// <summary>Priority of each file; empty: all normal.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; private init; } = [];

    /// <summary>Which files are wanted, said before it was known which there are; null from a start that knows them on.</summary>
    public FileSelection? Selection { get; private init; }

    /// <summary>Trackers besides those of the metainfo.</summary>
    public IReadOnlyList<Uri> AddedTrackers { get; private init; } = [];

    /// <summary>Trackers of the metainfo that are not asked.</summary>
    public IReadOnlyList<Uri> RemovedTrackers { get; private init; } = [];

    /// <summary>Trackers that a start has added to those that were saved.</summary>
    public ReadOnlyCollection<Uri> MergedTrackers { get; private init; } = [];

    /// <summary>Trackers that a start gives and that are not asked, because the torrent is private and known from before.</summary>
    public IReadOnlyList<Uri> RefusedTrackers { get; private init; } = [];

    /// <summary>Web seeds besides those of the metainfo.</summary>
    public IReadOnlyList<Uri> AddedWebSeeds { get; private init; } = [];

    /// <summary>Web seeds of the metainfo that are not asked.</summary>
    public IReadOnlyList<Uri> RemovedWebSeeds { get; private init; } = [];

    /// <summary>Where else its data is to be looked for before it is fetched, as the start has it; null: nowhere.</summary>
    public DataReuse? Reuse { get; private init; }

    /// <summary>The choices as options, all of them said.</summary>
    public TorrentOptions Options => new()
    {
        MaxDownloadRate = MaxDownloadRate,
        MaxUploadRate = MaxUploadRate,
        Goal = Goal,
        Sequential = Sequential,
        SuperSeeding = SuperSeeding,
        SeedOnly = SeedOnly,
        Tags = Tags,
        MinimumFreeSpace = MinimumFreeSpace,
    };

    /// <summary>What a start chooses, and what was saved where it says nothing.</summary>
    /// <param name="command">The start.</param>
    /// <param name="saved">What was saved; null: nothing.</param>
    public static TorrentChoices Of(CreateNewTorrent command, ResumeData? saved)
    {
        FileSelection? selection = command.Selection ?? saved?.Selection;
        TorrentChoices choices = new TorrentChoices
        {
            FilePriorities = command.FilePriorities.Count > 0 ? command.FilePriorities
                : command.Metainfo is { } metainfo ? Resolve(metainfo, selection, saved) : [],
            Selection = command.Metainfo is null ? selection : null,
            AddedTrackers = saved?.Trackers ?? [],
            RemovedTrackers = saved?.RemovedTrackers ?? [],
            AddedWebSeeds = saved?.WebSeeds ?? [],
            RemovedWebSeeds = saved?.RemovedWebSeeds ?? [],
            Reuse = command.Reuse ?? saved?.Reuse ?? (saved?.Verified.Length == command.Metainfo?.PieceCount ? null : DataReuse.OfTorrents),
        }.With(saved?.Options ?? TorrentOptions.Unchanged).With(command.Options)
            .WithWebSeeds(command.WebSeeds)
            .WithFoundWebSeeds(saved is not null && command.Metainfo is { IsPrivate: true } ? [] : command.FoundWebSeeds, [.. OwnWebSeeds(command)]);
        Uri[] own = [.. OwnTrackers(command)];
        if (saved is not null && command.Metainfo is { IsPrivate: true })
        {
            return choices with
            {
                RefusedTrackers = [.. command.Trackers.Concat(command.FoundTrackers).Distinct().Except(own).Except(saved.Trackers)],
            };
        }

        choices = choices.WithTrackers(command.Trackers).WithFoundTrackers(command.FoundTrackers, own);
        return saved is null ? choices : choices with
        {
            MergedTrackers = [.. choices.AddedTrackers.Except(saved.Trackers).Except(own)],
        };
    }

    /// <summary>Whether a choice of files leaves any of them to fetch.</summary>
    /// <param name="metainfo">The torrent.</param>
    public bool WantsAny(TorrentMetainfo metainfo)
    {
        for (int file = 0; file < FilePriorities.Count; file++)
        {
            if (FilePriorities[file] != FilePriority.Skip && !metainfo.Files[file].IsPadding)
                return true;
        }

        return FilePriorities.Count == 0;
    }

    /// <summary>These choices of the files that there are, as it turns out.</summary>
    /// <param name="metainfo">The torrent.</param>
    public TorrentChoices Knowing(TorrentMetainfo metainfo) => Selection is null ? this : this with { FilePriorities = Selection.Resolve(metainfo) };

    /// <summary>These choices, but for the files that are wanted.</summary>
    /// <param name="priorities">Priority of each file.</param>
    public TorrentChoices With(IReadOnlyList<FilePriority> priorities) => this with { FilePriorities = [.. priorities], Selection = null };

    /// <summary>These choices, but for what options say.</summary>
    public TorrentChoices With(TorrentOptions options) => this with
    {
        MaxDownloadRate = Math.Max(0, options.MaxDownloadRate ?? MaxDownloadRate),
        MaxUploadRate = Math.Max(0, options.MaxUploadRate ?? MaxUploadRate),
        Goal = options.Goal ?? Goal,
        Sequential = options.Sequential ?? Sequential,
        SuperSeeding = options.SuperSeeding ?? SuperSeeding,
        SeedOnly = options.SeedOnly ?? SeedOnly,
        Tags = TagsWith(options),
        MinimumFreeSpace = Math.Max(0, options.MinimumFreeSpace ?? MinimumFreeSpace),
    };

    /// <summary>These choices and more trackers.</summary>
    public TorrentChoices WithTrackers(IReadOnlyList<Uri> trackers) => trackers.Count == 0 ? this : this with
    {
        AddedTrackers = [.. AddedTrackers.Union(trackers)],
        RemovedTrackers = [.. RemovedTrackers.Except(trackers)],
    };

    /// <summary>These choices and trackers that were found in another .torrent or link, but for those that were taken away.</summary>
    /// <param name="trackers">The trackers.</param>
    /// <param name="own">The trackers that the torrent has by itself.</param>
    public TorrentChoices WithFoundTrackers(IReadOnlyList<Uri> trackers, IReadOnlyList<Uri> own) => trackers.Count == 0 ? this : this with
    {
        AddedTrackers =
            [.. AddedTrackers.Union(trackers.Except(RemovedTrackers).Except(own)).Take(Math.Max(TrackerList.MaxTrackers, AddedTrackers.Count))],
    };

    /// <summary>The trackers that a torrent has by its metainfo, or by its link where that is all that is known.</summary>
    public static IEnumerable<Uri> OwnTrackers(CreateNewTorrent command) => AddressReader.Trackers(
        command.Metainfo?.TrackerTiers.SelectMany(tier => tier) ?? command.Magnet?.Trackers ?? []);

    /// <summary>The web seeds that a torrent has by its metainfo, or by its link where that is all that is known.</summary>
    public static IEnumerable<Uri> OwnWebSeeds(CreateNewTorrent command) =>
        AddressReader.WebSeeds(command.Metainfo?.WebSeeds ?? command.Magnet?.WebSeeds ?? []);

    /// <summary>These choices and more web seeds.</summary>
    public TorrentChoices WithWebSeeds(IReadOnlyList<Uri> webSeeds) => webSeeds.Count == 0 ? this : this with
    {
        AddedWebSeeds = [.. AddedWebSeeds.Union(webSeeds).Take(Math.Max(MetainfoReader.MaxTrackers, AddedWebSeeds.Count))],
        RemovedWebSeeds = [.. RemovedWebSeeds.Except(webSeeds)],
    };

    /// <summary>These choices and web seeds that were found in another .torrent or link, but for those that were taken away.</summary>
    /// <param name="webSeeds">The web seeds. One with a query might ask a service of this network for what it should not do: only a person may add such.</param>
    /// <param name="own">The web seeds that the torrent has by itself.</param>
    public TorrentChoices WithFoundWebSeeds(IReadOnlyList<Uri> webSeeds, IReadOnlyList<Uri> own) =>
        WithWebSeeds([.. webSeeds.Where(seed => seed.Query.Length == 0).Except(RemovedWebSeeds).Except(own)]);

    /// <summary>These choices without some web seeds.</summary>
    public TorrentChoices WithoutWebSeeds(IReadOnlyList<Uri> webSeeds) => this with
    {
        AddedWebSeeds = [.. AddedWebSeeds.Except(webSeeds)],
        RemovedWebSeeds = [.. RemovedWebSeeds.Union(webSeeds).Take(Math.Max(MetainfoReader.MaxTrackers, RemovedWebSeeds.Count))],
    };

    /// <summary>These choices without some trackers.</summary>
    public TorrentChoices WithoutTrackers(IReadOnlyList<Uri> trackers) => this with
    {
        AddedTrackers = [.. AddedTrackers.Except(trackers)],
        RemovedTrackers = [.. RemovedTrackers.Union(trackers)],
    };

    private static IReadOnlyList<FilePriority> Resolve(TorrentMetainfo metainfo, FileSelection? selection, ResumeData? saved) =>
        selection?.Resolve(metainfo)
        ?? (saved is not null && saved.FilePriorities.Count == metainfo.Files.Count ? saved.FilePriorities : []);

    /// <summary>What is said of tags at once is done in this order: other ones, some less, some more.</summary>
    private ReadOnlyCollection<string> TagsWith(TorrentOptions options)
    {
        if (options is { Tags: null, AddTags: null, RemoveTags: null })
            return Tags;
        ReadOnlyCollection<string> tags = options.Tags ?? Tags;
        var gone = new HashSet<string>(
            (options.RemoveTags ?? []).SelectMany(text => new NamePattern(text).Find(tags, tag => [tag])), StringComparer.OrdinalIgnoreCase);
        return Clean([.. tags.Where(tag => !gone.Contains(tag)), .. options.AddTags ?? []]);
    }

    private static ReadOnlyCollection<string> Clean(ReadOnlyCollection<string> tags) =>
    [
        .. tags.Select(tag => DisplayText.Clean(tag).Trim()).Select(tag => tag.Length > LongestTag ? tag[..LongestTag] : tag)
            .Where(tag => tag.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).Take(MostTags),
    ];
}
