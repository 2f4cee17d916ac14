using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>The user's choices for a torrent, from its start, its saved state, and later commands. Immutable.</summary>
internal sealed record TorrentChoices
{
    /// <summary>The most tags of a torrent.</summary>
    private const int MostTags = 64;

    /// <summary>The most characters of a tag.</summary>
    private const int LongestTag = 200;

    private TorrentChoices()
    {
    }

    /// <summary>The defaults: every file, no limit, no goal.</summary>
    public static TorrentChoices None { get; } = new();

    /// <summary>Bytes/s received; 0 means no limit.</summary>
    public long MaxDownloadRate { get; private init; }

    /// <summary>Bytes/s sent; 0 means no limit.</summary>
    public long MaxUploadRate { get; private init; }

    /// <summary>When it has seeded enough.</summary>
    public SeedGoal Goal { get; private init; } = SeedGoal.None;

    /// <summary>Whether pieces are downloaded in order.</summary>
    public bool Sequential { get; private init; }

    /// <summary>Whether it super-seeds while it is complete.</summary>
    public bool SuperSeeding { get; private init; }

    /// <summary>Whether it only seeds.</summary>
    public bool SeedOnly { get; private init; }

    /// <summary>The user's tags, safe to show.</summary>
    public ReadOnlyCollection<string> Tags { get; private init; } = [];

    /// <summary>Bytes that must stay free on the volume.</summary>
    public long MinimumFreeSpace { get; private init; }

    /// <summary>Priority of each file; empty means all normal.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; private init; } = [];

    /// <summary>The wanted files, chosen before the file list was known; null once it is.</summary>
    public FileSelection? Selection { get; private init; }

    /// <summary>Trackers in addition to the metainfo's.</summary>
    public IReadOnlyList<Uri> AddedTrackers { get; private init; } = [];

    /// <summary>Trackers in the metainfo that the user removed.</summary>
    public IReadOnlyList<Uri> RemovedTrackers { get; private init; } = [];

    /// <summary>Trackers that a start added to the saved ones.</summary>
    public ReadOnlyCollection<Uri> MergedTrackers { get; private init; } = [];

    /// <summary>Trackers given at a start but not used, because the torrent is private and was already known.</summary>
    public IReadOnlyList<Uri> RefusedTrackers { get; private init; } = [];

    /// <summary>Web seeds in addition to the metainfo's.</summary>
    public IReadOnlyList<Uri> AddedWebSeeds { get; private init; } = [];

    /// <summary>Web seeds in the metainfo that the user removed.</summary>
    public IReadOnlyList<Uri> RemovedWebSeeds { get; private init; } = [];

    /// <summary>Where else to look for its data before downloading it, from the start command; null means nowhere.</summary>
    public DataReuse? Reuse { get; private init; }

    /// <summary>The choices as options, all of them set.</summary>
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

    /// <summary>Combines a start command with the saved choices; the command takes precedence.</summary>
    /// <param name="command">The start command.</param>
    /// <param name="saved">The saved resume data; null if there is none.</param>
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

    /// <summary>Whether any file is wanted.</summary>
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

    /// <summary>These choices with the selection resolved to the torrent's files.</summary>
    /// <param name="metainfo">The torrent.</param>
    public TorrentChoices Knowing(TorrentMetainfo metainfo) => Selection is null ? this : this with { FilePriorities = Selection.Resolve(metainfo) };

    /// <summary>These choices with different file priorities.</summary>
    /// <param name="priorities">Priority of each file.</param>
    public TorrentChoices With(IReadOnlyList<FilePriority> priorities) => this with { FilePriorities = [.. priorities], Selection = null };

    /// <summary>These choices with the given options applied.</summary>
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

    /// <summary>These choices with more trackers.</summary>
    public TorrentChoices WithTrackers(IReadOnlyList<Uri> trackers) => trackers.Count == 0 ? this : this with
    {
        AddedTrackers = [.. AddedTrackers.Union(trackers)],
        RemovedTrackers = [.. RemovedTrackers.Except(trackers)],
    };

    /// <summary>These choices with trackers from another .torrent or link, except ones that the user removed.</summary>
    /// <param name="trackers">The trackers.</param>
    /// <param name="own">The torrent's own trackers.</param>
    public TorrentChoices WithFoundTrackers(IReadOnlyList<Uri> trackers, IReadOnlyList<Uri> own) => trackers.Count == 0 ? this : this with
    {
        AddedTrackers =
            [.. AddedTrackers.Union(trackers.Except(RemovedTrackers).Except(own)).Take(Math.Max(TrackerList.MaxTrackers, AddedTrackers.Count))],
    };

    /// <summary>The trackers in a torrent's metainfo, or in its link while only that is known.</summary>
    public static IEnumerable<Uri> OwnTrackers(CreateNewTorrent command) => AddressReader.Trackers(
        command.Metainfo?.TrackerTiers.SelectMany(tier => tier) ?? command.Magnet?.Trackers ?? []);

    /// <summary>The web seeds in a torrent's metainfo, or in its link while only that is known.</summary>
    public static IEnumerable<Uri> OwnWebSeeds(CreateNewTorrent command) =>
        AddressReader.WebSeeds(command.Metainfo?.WebSeeds ?? command.Magnet?.WebSeeds ?? []);

    /// <summary>These choices with more web seeds.</summary>
    public TorrentChoices WithWebSeeds(IReadOnlyList<Uri> webSeeds) => webSeeds.Count == 0 ? this : this with
    {
        AddedWebSeeds = [.. AddedWebSeeds.Union(webSeeds).Take(Math.Max(MetainfoReader.MaxTrackers, AddedWebSeeds.Count))],
        RemovedWebSeeds = [.. RemovedWebSeeds.Except(webSeeds)],
    };

    /// <summary>These choices with web seeds from another .torrent or link, except ones that the user removed.</summary>
    /// <param name="webSeeds">
    /// The web seeds. One with a query could trigger an action in a local service, so only users may add those.
    /// </param>
    /// <param name="own">The torrent's own web seeds.</param>
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

    /// <summary>Applies tag changes in this order: replacements, removals, additions.</summary>
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
