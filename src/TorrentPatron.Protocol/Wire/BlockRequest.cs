namespace TorrentPatron.Protocol.Wire;

/// <summary>A range of bytes in a piece, as in request, cancel and reject messages (BEP 3, BEP 6).</summary>
/// <param name="Piece">Index of the piece.</param>
/// <param name="Begin">Offset in the piece, bytes.</param>
/// <param name="Length">Length in bytes.</param>
public readonly record struct BlockRequest(int Piece, int Begin, int Length)
{
    /// <summary>The length of every block except a torrent's last, bytes; no client serves more.</summary>
    public const int BlockLength = 16 * 1024;
}
