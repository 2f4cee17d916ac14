using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The exchange of file tree hashes with the peers of one torrent (BEP 52). Thread-safe.</summary>
internal abstract class HashExchange
{
    /// <summary>Handles a message. Called from the receive loop of the peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="message">A request, hashes, or a reject.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public abstract string? Handle(PeerConnection peer, in PeerMessage message);

    /// <summary>Called when a peer has announced its pieces and can be asked.</summary>
    public virtual void PeerReady(PeerConnection peer)
    {
    }

    /// <summary>Whether a peer owes hashes, which makes it useful even without pieces for us.</summary>
    public virtual bool Awaits(PeerConnection peer) => false;

    /// <summary>Called when a peer has left.</summary>
    public virtual void PeerLeft(PeerConnection peer)
    {
    }

    /// <summary>Rejects a request and ignores other messages.</summary>
    public static string? Decline(PeerConnection peer, in PeerMessage message)
    {
        if (message.Id == MessageId.HashRequest)
        {
            peer.FutileWork.Charge(FutileWork.Answer);
            peer.Sender.Add(MessageId.HashReject, message.Body);
        }
        else
        {
            peer.FutileWork.Charge(FutileWork.Of(message.Body.Length));
        }

        return null;
    }
}
