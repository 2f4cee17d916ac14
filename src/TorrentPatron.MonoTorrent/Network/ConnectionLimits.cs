using TorrentPatron.Engine.Limits;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>What bounds a connection's rates.</summary>
/// <param name="Download">What is received.</param>
/// <param name="Upload">What is sent.</param>
internal sealed record ConnectionLimits(RateLimiterPair Download, RateLimiterPair Upload);
