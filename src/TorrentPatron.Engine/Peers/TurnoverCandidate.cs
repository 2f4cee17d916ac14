namespace TorrentPatron.Engine.Peers;

/// <summary>A connected peer, as <see cref="PeerTurnover"/> looks at it.</summary>
/// <param name="Age">Time since it was connected.</param>
/// <param name="Idle">Time since anything of use came from it or went to it, while it was not us who let it wait.</param>
/// <param name="Recent">What it was of use in the last minutes: bytes of payload, older ones counting less.</param>
/// <param name="IsTrusted">Whether it was given by hand.</param>
/// <param name="IsUseless">Whether it was never of use, and neither side wants anything of the other.</param>
/// <param name="IsPreferred">Whether its class is preferred: as long as it is of some use, it stays.</param>
internal readonly record struct TurnoverCandidate(
    TimeSpan Age, TimeSpan Idle, double Recent, bool IsTrusted, bool IsUseless = false, bool IsPreferred = false);
