namespace TorrentPatron.Engine.Client;

/// <summary>Who ended a connection.</summary>
public enum ClosedBy
{
    /// <summary>This engine.</summary>
    Us,

    /// <summary>The peer, with an orderly close.</summary>
    Peer,

    /// <summary>The network: the connection broke, or the peer's program died.</summary>
    Network,
}
