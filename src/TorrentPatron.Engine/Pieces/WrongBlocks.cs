namespace TorrentPatron.Engine.Pieces;

/// <summary>Blocks of a piece that are wrong by their own hashes.</summary>
/// <param name="Bytes">Bytes of them that were received in this run.</param>
/// <param name="BytesOfEarlierRuns">Bytes of them that an earlier run had left on disk.</param>
/// <param name="Senders">Who sent them, each once.</param>
/// <param name="WasComplete">Whether the whole piece was here, and its hash wrong.</param>
internal sealed record WrongBlocks(long Bytes, long BytesOfEarlierRuns, IReadOnlyList<IBlockSource> Senders, bool WasComplete);
