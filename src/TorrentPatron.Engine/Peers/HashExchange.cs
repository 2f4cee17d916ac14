using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The exchange of hashes of files' trees with the peers of one torrent (BEP 52). Thread-safe.</summary>
internal abstract class HashExchange
{
    /// <summary>Takes a message. Called from the receive loop of the peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="message">A request, hashes, or a refusal.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public abstract string? Handle(PeerConnection peer, in PeerMessage message);

    /// <summary>A peer has said which pieces it has: it can be asked.</summary>
    public virtual void PeerReady(PeerConnection peer)
    {
    }

    /// <summary>Whether a peer owes hashes, so that it is of use even if it has no piece for us.</summary>
    public virtual bool Awaits(PeerConnection peer) => false;

    /// <summary>A peer has gone.</summary>
    public virtual void PeerLeft(PeerConnection peer)
    {
    }

    /// <summary>Refuses a request; of anything else nothing is known.</summary>
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
