using System.Buffers.Binary;

namespace TorrentPatron.Protocol.Wire;

/// <summary>Withdraws a piece that the sender no longer has (BEP 54, <c>lt_donthave</c>).</summary>
/// <param name="Piece">Index of the piece, not checked against the torrent.</param>
public readonly record struct DontHaveMessage(int Piece)
{
    /// <summary>The extension's name in the handshake (BEP 10).</summary>
    public const string ExtensionName = "lt_donthave";

    /// <summary>Length of the payload in bytes.</summary>
    public const int Length = 4;

    /// <summary>Reads the payload.</summary>
    /// <param name="payload">What follows the extended message's number.</param>
    /// <param name="message">The message, where the payload is one.</param>
    /// <returns>False if the payload is not 4 bytes long.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out DontHaveMessage message)
    {
        bool isWhole = payload.Length == Length;
        message = isWhole ? new DontHaveMessage(BinaryPrimitives.ReadInt32BigEndian(payload)) : default;
        return isWhole;
    }

    /// <summary>Writes the payload.</summary>
    /// <param name="destination">At least 4 bytes long.</param>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteInt32BigEndian(destination, Piece);
}
