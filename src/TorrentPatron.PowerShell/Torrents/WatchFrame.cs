using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The statuses of watched torrents at one moment.</summary>
/// <param name="All">All of them, in their order.</param>
/// <param name="Changed">Those that have changed.</param>
internal sealed record WatchFrame(IReadOnlyList<TorrentStatus> All, IReadOnlyList<TorrentStatus> Changed);
