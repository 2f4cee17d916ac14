namespace TorrentPatron.Engine.Storage;

/// <summary>The progress of matching a torrent's data.</summary>
/// <param name="BytesDone">Bytes of pieces hashed.</param>
/// <param name="BytesTotal">Bytes of pieces to hash, as far as known; may grow.</param>
public sealed record DataMatchProgress(long BytesDone, long BytesTotal);
