using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A closed connection to a peer, on the wire.</summary>
internal sealed class ClosedPeerDto
{
    public string? EndPoint { get; set; }

    public string? Client { get; set; }

    public DateTimeOffset ClosedAt { get; set; }

    public string? ClosedBy { get; set; }

    public string? Reason { get; set; }

    public static ClosedPeerDto Of(ClosedPeer peer) => new()
    {
        EndPoint = Wire.OfEndPoint(peer.EndPoint),
        Client = peer.Client,
        ClosedAt = peer.ClosedAt,
        ClosedBy = peer.ClosedBy.ToString(),
        Reason = peer.Reason,
    };

    public ClosedPeer ToPeer() =>
        new(Wire.ToEndPoint(EndPoint), Client ?? "", ClosedAt, Wire.ToEnum<ClosedBy>(ClosedBy), Reason ?? "");
}
