using System.Net;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>Something an engine is told to do.</summary>
/// <param name="CorrelationId">Comes back in the one answer to this command; unique within an engine's life.</param>
/// <param name="TorrentId">Which torrent it is about.</param>
public abstract record TorrentCommand(long CorrelationId, InfoHash TorrentId);

/// <summary>Start a torrent: check what is on disk, fetch what is missing, seed what is there.</summary>
/// <remarks>Answered by <see cref="NewTorrentCreated"/>, <see cref="TorrentAlreadyDownloading"/> or <see cref="TorrentStartFail"/>.</remarks>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="Metainfo">What to fetch.</param>
/// <param name="Destination">Absolute path of the folder below which the torrent's files lie; made where it is missing.</param>
public sealed record CreateNewTorrent(long CorrelationId, TorrentMetainfo Metainfo, string Destination)
    : TorrentCommand(CorrelationId, Metainfo.InfoHash)
{
    /// <summary>Where resume data is kept; the engine closes it with the torrent, or when the start fails.</summary>
    public required IResumeStore ResumeStore { get; init; }

    /// <summary>Peers given by hand.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Trackers besides those in the metainfo, each a tier of its own.</summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>Priority of each file, in the metainfo's order; empty: all normal.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>Whether to add the torrent without letting it run.</summary>
    public bool Suspended { get; init; }

    /// <summary>Whether to hash everything on disk, whatever the resume data says.</summary>
    public bool Recheck { get; init; }

    /// <summary>The torrent's own limits.</summary>
    public RateLimits Limits { get; init; } = RateLimits.None;
}

/// <summary>Stop a torrent and let go of its files. Answered by <see cref="TorrentClosed"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record CloseTorrent(long CorrelationId, InfoHash TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Leave the swarm but stay known. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record SuspendTorrent(long CorrelationId, InfoHash TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Go on after a suspension or an error. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record ResumeTorrent(long CorrelationId, InfoHash TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Hash everything on disk again. Answered by <see cref="CommandDone"/>, when the check is over, or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record RecheckTorrent(long CorrelationId, InfoHash TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Give a running torrent more peers and trackers. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Peers">Peers to add.</param>
/// <param name="Trackers">Trackers to add, each as a tier of its own.</param>
public sealed record AddSources(long CorrelationId, InfoHash TorrentId, IReadOnlyList<IPEndPoint> Peers, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId);
