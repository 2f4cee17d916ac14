using System.Net;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Service.Requests;

/// <summary>The content of a source. It is read once: a pipe cannot be read again, and a file may change.</summary>
/// <param name="Content">The content.</param>
/// <param name="NamedPeers">Addresses of the peers that a magnet link gives by host name.</param>
internal sealed record ReadSource(SourceContent Content, IReadOnlyList<IPEndPoint> NamedPeers);
