namespace TorrentPatron.Engine.Peers;

/// <summary>A connected peer as input for <see cref="PeerTurnover"/>.</summary>
/// <param name="Age">Time since it was connected.</param>
/// <param name="Idle">Time since it was last useful, not counting time in which it waited for us.</param>
/// <param name="Recent">Its usefulness in the last minutes: bytes of payload, older ones counting less.</param>
/// <param name="IsTrusted">Whether a user gave it.</param>
/// <param name="IsUseless">Whether it was never useful, and neither side is interested in the other.</param>
/// <param name="IsPreferred">Whether its class is preferred: then it stays as long as it is of some use.</param>
internal readonly record struct TurnoverCandidate(
    TimeSpan Age, TimeSpan Idle, double Recent, bool IsTrusted, bool IsUseless = false, bool IsPreferred = false);
