namespace TorrentPatron.Engine.Storage;

/// <summary>How far the matching of a torrent's data is.</summary>
/// <param name="BytesDone">Bytes of pieces that were hashed.</param>
/// <param name="BytesTotal">Bytes of pieces that are to be hashed, as far as is known; it may grow.</param>
public sealed record DataMatchProgress(long BytesDone, long BytesTotal);
