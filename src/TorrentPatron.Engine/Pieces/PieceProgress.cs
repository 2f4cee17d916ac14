namespace TorrentPatron.Engine.Pieces;

/// <summary>A consistent snapshot of the verified pieces of a torrent.</summary>
/// <param name="WantedBytes">Bytes of the wanted pieces.</param>
/// <param name="CompletedBytes">Bytes of those that are verified.</param>
/// <param name="VerifiedPieces">The number of verified pieces, wanted or not.</param>
internal readonly record struct PieceProgress(long WantedBytes, long CompletedBytes, int VerifiedPieces)
{
    /// <summary>Whether every wanted piece is verified.</summary>
    public bool IsComplete => CompletedBytes == WantedBytes;

    /// <summary>Bytes of the wanted pieces that are missing.</summary>
    public long LeftBytes => WantedBytes - CompletedBytes;

    /// <summary>Share of the wanted bytes that are verified, 0 to 1; 1 if nothing is wanted.</summary>
    public double Share => WantedBytes == 0 ? 1 : (double)CompletedBytes / WantedBytes;
}
