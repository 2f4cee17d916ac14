using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>
/// The upload-only extension (BEP 21): each side declares when it wants no more pieces, even if it is incomplete. Two such peers
/// have nothing to exchange.
/// </summary>
/// <param name="owner">Knows our own state, and is notified of peers.</param>
internal sealed class UploadOnly(IUploadOnlyOwner owner) : IPeerExtension
{
    /// <inheritdoc/>
    public string Name => "upload_only";

    /// <inheritdoc/>
    public int MaxLength => 1;

    /// <summary>Declares, at the next flush, that we want no more pieces, or that we want some again.</summary>
    public void AddTo(PeerConnection peer)
    {
        bool now = owner.IsUploadOnly;
        if (now != peer.Extensions.HasSaidUploadOnly && peer.Extensions.TryAdd(this, [now ? (byte)1 : (byte)0]))
            peer.Extensions.HasSaidUploadOnly = now;
    }

    /// <inheritdoc/>
    public ExtensionHandshake Describe(ExtensionHandshake hello) => hello with { IsUploadOnly = owner.IsUploadOnly };

    /// <inheritdoc/>
    public void PeerSaidHello(PeerConnection peer)
    {
        if (peer.Extensions.IsUploadOnly)
            owner.UploadOnlyChanged(peer);
        // A change since our own extension handshake could not be sent before.
        AddTo(peer);
    }

    /// <inheritdoc/>
    public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload)
    {
        peer.FutileWork.Charge(FutileWork.Change);
        peer.Extensions.IsUploadOnly = payload is [not 0];
        owner.UploadOnlyChanged(peer);
        return null;
    }
}
