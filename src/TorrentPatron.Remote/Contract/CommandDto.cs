using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Remote.Contract;

/// <summary>A command for one torrent, on the wire; the method's name says which. Members that do not apply are omitted.</summary>
internal sealed class CommandDto
{
    /// <summary>The patron that asks, as a GUID; omitted for the connection's own.</summary>
    public Guid? Patron { get; set; }

    public string? InfoHash { get; set; }

    public string[]? Peers { get; set; }

    public string[]? Trackers { get; set; }

    public string[]? WebSeeds { get; set; }

    public OptionsDto? Options { get; set; }

    /// <summary>Priority of each file, including padding: 0 (skip), 1 (low), 4 (normal) or 7 (high).</summary>
    public int[]? Priorities { get; set; }

    public string? Destination { get; set; }

    public bool DeleteData { get; set; }

    /// <summary>Writes a patron's command; a start is written as a <see cref="StartDto"/>.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The name of the method, and the parameters.</returns>
    public static (string Method, CommandDto Parameters) Of(TorrentCommand command)
    {
        var written = new CommandDto { InfoHash = Wire.OfTorrent(command.TorrentId) };
        switch (command)
        {
            case CloseTorrent:
                return (MethodNames.Close, written);
            case SuspendTorrent:
                return (MethodNames.Suspend, written);
            case ResumeTorrent:
                return (MethodNames.Resume, written);
            case RecheckTorrent:
                return (MethodNames.Recheck, written);
            case AddSources sources:
                written.Peers = Wire.OfList(sources.Peers, Wire.OfEndPoint);
                written.Trackers = Wire.OfList(sources.Trackers, Wire.OfUri);
                written.WebSeeds = Wire.OfList(sources.WebSeeds, Wire.OfUri);
                return (MethodNames.AddSources, written);
            case SetTorrent set:
                written.Options = OptionsDto.Of(set.Options);
                return (MethodNames.Set, written);
            case SetFilePriorities set:
                written.Priorities = [.. set.Priorities.Select(priority => (int)priority)];
                return (MethodNames.SetFilePriorities, written);
            case MoveTorrent move:
                written.Destination = move.Destination;
                return (MethodNames.Move, written);
            case RemoveTorrent remove:
                written.DeleteData = remove.DeleteData;
                return (MethodNames.Remove, written);
            case RemoveTrackers remove:
                written.Trackers = Wire.OfList(remove.Trackers, Wire.OfUri);
                return (MethodNames.RemoveTrackers, written);
            case RemoveWebSeeds remove:
                written.WebSeeds = Wire.OfList(remove.WebSeeds, Wire.OfUri);
                return (MethodNames.RemoveWebSeeds, written);
            case AnnounceNow announce:
                written.Trackers = Wire.OfList(announce.Trackers, Wire.OfUri);
                return (MethodNames.Announce, written);
            default:
                throw new NotSupportedException($"A {command.GetType().Name} has no form on the wire.");
        }
    }

    /// <summary>Reads a command.</summary>
    /// <param name="method">The name of the method.</param>
    /// <param name="id">The correlation id for the command.</param>
    /// <exception cref="TorrentException">It cannot be read.</exception>
    public TorrentCommand ToCommand(string method, long id)
    {
        TorrentId torrent = Wire.ToTorrent(InfoHash);
        if (torrent == default)
            throw new TorrentException(ContractErrors.InvalidValue(InfoHash ?? "", "an info hash"));
        return method switch
        {
            MethodNames.Close => new CloseTorrent(id, torrent),
            MethodNames.Suspend => new SuspendTorrent(id, torrent),
            MethodNames.Resume => new ResumeTorrent(id, torrent),
            MethodNames.Recheck => new RecheckTorrent(id, torrent),
            MethodNames.AddSources => new AddSources(
                id, torrent, Wire.ToList(Peers, Wire.ToEndPoint), SourceAddresses.Trackers(Wire.ToList(Trackers, Wire.ToGivenUri)))
            {
                WebSeeds = SourceAddresses.WebSeeds(Wire.ToList(WebSeeds, Wire.ToGivenUri)),
            },
            MethodNames.Set => new SetTorrent(id, torrent, Options?.ToOptions() ?? TorrentOptions.Unchanged),
            MethodNames.SetFilePriorities => new SetFilePriorities(id, torrent, ToPriorities(Priorities)),
            MethodNames.Move => new MoveTorrent(id, torrent, Wire.ToPath(Destination) ?? ""),
            MethodNames.Remove => new RemoveTorrent(id, torrent, DeleteData),
            MethodNames.RemoveTrackers => new RemoveTrackers(id, torrent, Wire.ToList(Trackers, Wire.ToUri)),
            MethodNames.RemoveWebSeeds => new RemoveWebSeeds(id, torrent, Wire.ToList(WebSeeds, Wire.ToUri)),
            MethodNames.Announce => new AnnounceNow(id, torrent, Wire.ToList(Trackers, Wire.ToUri)),
            _ => throw new NotSupportedException($"'{method}' is not a command."),
        };
    }

    /// <summary>Reads files' priorities.</summary>
    /// <exception cref="TorrentException">One of them is not a priority.</exception>
    public static IReadOnlyList<FilePriority> ToPriorities(int[]? priorities) =>
    [
        .. (priorities ?? []).Select(number => Enum.IsDefined((FilePriority)number)
            ? (FilePriority)number
            : throw new TorrentException(ContractErrors.InvalidValue(FormattableString.Invariant($"{number}"), "a file's priority"))),
    ];
}
