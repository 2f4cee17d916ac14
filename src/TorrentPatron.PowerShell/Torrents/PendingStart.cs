using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A torrent that has been asked for.</summary>
/// <param name="Patron">Who asked.</param>
/// <param name="Answer">The answer to come.</param>
/// <param name="Target">What the user gave.</param>
internal sealed record PendingStart(Patron Patron, Task<TorrentAnswer> Answer, object Target);
