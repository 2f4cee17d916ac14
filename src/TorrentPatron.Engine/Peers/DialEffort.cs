namespace TorrentPatron.Engine.Peers;

/// <summary>How much a torrent needs peers, and so how soon addresses that have failed are dialled again; the least first.</summary>
internal enum DialEffort
{
    /// <summary>It is complete: an address that fails again and again is forgotten. Whoever wants its pieces calls.</summary>
    Little,

    /// <summary>It is incomplete, and has peers: every address is dialled again, after some minutes where it has failed often.</summary>
    More,

    /// <summary>It is incomplete and has no peer: every address is dialled again, after two minutes at most.</summary>
    Most,
}
