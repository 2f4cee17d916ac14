using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>Lets peers withdraw a piece they have announced (BEP 54). We never do: we keep what we announce.</summary>
internal sealed class DontHave : IPeerExtension
{
    /// <summary>The extension, which has no state.</summary>
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
