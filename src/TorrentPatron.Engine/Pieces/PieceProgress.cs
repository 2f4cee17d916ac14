namespace TorrentPatron.Engine.Pieces;

/// <summary>How many of a torrent's pieces are here, as it was at one moment: the numbers fit each other.</summary>
/// <param name="WantedBytes">Bytes of the wanted pieces.</param>
/// <param name="CompletedBytes">Bytes of those of them that are here.</param>
/// <param name="VerifiedPieces">Number of pieces that are here, wanted or not.</param>
internal readonly record struct PieceProgress(long WantedBytes, long CompletedBytes, int VerifiedPieces)
{
    /// <summary>Whether every wanted piece is here.</summary>
    public bool IsComplete => CompletedBytes == WantedBytes;

    /// <summary>Bytes of the wanted pieces that are not here.</summary>
    public long LeftBytes => WantedBytes - CompletedBytes;

    /// <summary>Share of the wanted bytes that are here, 0 to 1; 1 where nothing is wanted.</summary>
    public double Share => WantedBytes == 0 ? 1 : (double)CompletedBytes / WantedBytes;
}
