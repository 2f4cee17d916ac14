namespace TorrentPatron.Engine.Peers;

/// <summary>
/// How urgently a torrent needs peers, which decides how soon failed addresses are redialled; least urgent first.
/// </summary>
internal enum DialEffort
{
    /// <summary>
    /// It is complete: addresses that keep failing are dropped. Peers that want its pieces will connect themselves.
    /// </summary>
    Little,

    /// <summary>It is incomplete and has peers: every address is redialled, after some minutes if it has failed often.</summary>
    More,

    /// <summary>It is incomplete and has no peer: every address is redialled, after two minutes at most.</summary>
    Most,
}
