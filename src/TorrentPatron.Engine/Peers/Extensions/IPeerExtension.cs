using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>
/// An extension of the peer protocol (BEP 10) as one torrent speaks it, with all its peers. Called from the peers' receive
/// loops, without any lock held.
/// </summary>
internal interface IPeerExtension
{
    /// <summary>What it is called on the wire, such as <c>ut_metadata</c>.</summary>
    string Name { get; }

    /// <summary>Longest payload of a message of it, bytes; a peer that sends more is dropped.</summary>
    int MaxLength { get; }

    /// <summary>Adds what it has to say to our extension handshake.</summary>
    /// <param name="hello">The handshake as it is so far.</param>
    ExtensionHandshake Describe(ExtensionHandshake hello) => hello;

    /// <summary>A peer has said which extensions it speaks, this one or not; it may do so again.</summary>
    void PeerSaidHello(PeerConnection peer)
    {
    }

    /// <summary>Takes a message.</summary>
    /// <param name="peer">Who sent it.</param>
    /// <param name="payload">What follows the extended message's number; gone when this returns.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload);

    /// <summary>A peer has gone. Called once for each, also where it never spoke this extension.</summary>
    void PeerLeft(PeerConnection peer)
    {
    }
}
