namespace TorrentPatron.Engine.Pieces;

/// <summary>Blocks of a piece that fail their own hashes.</summary>
/// <param name="Bytes">Bytes of them that were received in this run.</param>
/// <param name="BytesOfEarlierRuns">Bytes of them that an earlier run left on disk.</param>
/// <param name="Senders">The distinct senders.</param>
/// <param name="WasComplete">Whether the whole piece had been received, with a wrong hash.</param>
internal sealed record WrongBlocks(long Bytes, long BytesOfEarlierRuns, IReadOnlyList<IBlockSource> Senders, bool WasComplete);
