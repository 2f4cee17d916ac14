namespace TorrentPatron.Engine.Storage;

/// <summary>The progress of creating a torrent.</summary>
/// <param name="BytesDone">Bytes hashed.</param>
/// <param name="BytesTotal">Bytes to hash.</param>
public readonly record struct TorrentMakerProgress(long BytesDone, long BytesTotal);
