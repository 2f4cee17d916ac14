using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>
/// An extension of the peer protocol (BEP 10), used by one torrent with all its peers. Called from the peers' receive loops,
/// without any lock held.
/// </summary>
internal interface IPeerExtension
{
    /// <summary>Its name on the wire, such as <c>ut_metadata</c>.</summary>
    string Name { get; }

    /// <summary>The longest payload of its messages, bytes; a peer that sends more is dropped.</summary>
    int MaxLength { get; }

    /// <summary>Adds its entries to our extension handshake.</summary>
    /// <param name="hello">The handshake so far.</param>
    ExtensionHandshake Describe(ExtensionHandshake hello) => hello;

    /// <summary>A peer has sent an extension handshake, which may or may not include this extension; it may send more.</summary>
    void PeerSaidHello(PeerConnection peer)
    {
    }

    /// <summary>Handles a message.</summary>
    /// <param name="peer">The sender.</param>
    /// <param name="payload">The payload after the extension's number; invalid after the call.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload);

    /// <summary>A peer has left. Called once for each, even if it never supported this extension.</summary>
    void PeerLeft(PeerConnection peer)
    {
    }
}
