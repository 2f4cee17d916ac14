using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>
/// Each side tells the other when it wants nothing more, also where it has not got everything (BEP 21): two such have nothing to say
/// to each other.
/// </summary>
/// <param name="owner">Knows whether we want nothing more, and is told of peers.</param>
internal sealed class UploadOnly(IUploadOnlyOwner owner) : IPeerExtension
{
    /// <inheritdoc/>
    public string Name => "upload_only";

    /// <inheritdoc/>
    public int MaxLength => 1;

    /// <summary>Tells a peer, at the next flush, that we want nothing more, or something again.</summary>
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
        // What has changed since our own hello could not be told before.
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
