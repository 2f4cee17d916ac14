using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>Peers may take back that they have a piece (BEP 54). We never do: what we have told of, we keep.</summary>
internal sealed class DontHave : IPeerExtension
{
    /// <summary>The extension, which knows nothing of its own.</summary>
    public static DontHave Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => DontHaveMessage.ExtensionName;

    /// <inheritdoc/>
    public int MaxLength => DontHaveMessage.Length;

    /// <inheritdoc/>
    public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload) => DontHaveMessage.TryRead(payload, out DontHaveMessage message)
        ? peer.Transfer?.Download.HandleDontHave(message.Piece)
        : "It sent an invalid lt_donthave message.";
}
