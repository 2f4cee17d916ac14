using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>How the torrents that are watched stood at one moment.</summary>
/// <param name="All">All of them, in their order.</param>
/// <param name="Changed">Those that stood otherwise before.</param>
internal sealed record WatchFrame(IReadOnlyList<TorrentStatus> All, IReadOnlyList<TorrentStatus> Changed);
