using System.Net;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Service.Requests;

/// <summary>What a source has said. It is read once: a pipe says nothing again, and a file may say something else.</summary>
/// <param name="Content">What was found there.</param>
/// <param name="NamedPeers">Addresses of peers that a magnet link gives by name.</param>
internal sealed record ReadSource(SourceContent Content, IReadOnlyList<IPEndPoint> NamedPeers);
