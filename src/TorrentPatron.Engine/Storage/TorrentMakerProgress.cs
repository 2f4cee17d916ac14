namespace TorrentPatron.Engine.Storage;

/// <summary>How far the making of a torrent is.</summary>
/// <param name="BytesDone">Bytes hashed.</param>
/// <param name="BytesTotal">Bytes to be hashed.</param>
public readonly record struct TorrentMakerProgress(long BytesDone, long BytesTotal);
