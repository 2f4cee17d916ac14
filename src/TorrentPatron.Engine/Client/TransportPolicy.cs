namespace TorrentPatron.Engine.Client;

/// <summary>The protocols by which peers are dialled and may connect.</summary>
public enum TransportPolicy
{
    /// <summary>
    /// Both. A peer on the internet is dialled by uTP first, and by TCP where that is not answered; one on this machine or in its network by
    /// TCP first. What a peer has answered is remembered.
    /// </summary>
    Any,

    /// <summary>TCP alone.</summary>
    Tcp,

    /// <summary>uTP (BEP 29) alone.</summary>
    Utp,
}
