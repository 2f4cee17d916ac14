using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A torrent whose start has been requested.</summary>
/// <param name="Patron">The patron that requested it.</param>
/// <param name="Answer">The pending answer.</param>
/// <param name="Target">The user's input.</param>
internal sealed record PendingStart(Patron Patron, Task<TorrentAnswer> Answer, object Target);
