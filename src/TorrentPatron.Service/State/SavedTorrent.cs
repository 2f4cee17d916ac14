using TorrentPatron.Protocol;

namespace TorrentPatron.Service.State;

/// <summary>A torrent whose state is saved.</summary>
/// <param name="InfoHash">Which torrent.</param>
/// <param name="MetainfoPath">Path of its .torrent in the state folder.</param>
/// <param name="Destination">The folder below which its files lie; null where that cannot be read.</param>
public sealed record SavedTorrent(InfoHash InfoHash, string MetainfoPath, string? Destination);
