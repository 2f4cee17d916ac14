using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>Verifies pieces on disk by hashing them.</summary>
/// <param name="storage">The torrent's files.</param>
/// <param name="verifier">Verifies pieces.</param>
/// <param name="workers">The disk threads.</param>
internal sealed class PieceChecker(TorrentStorage storage, PieceVerifier verifier, DiskWorkers workers)
{
    /// <summary>Checks pieces.</summary>
    /// <param name="pieces">
    /// The pieces to check, among those that can be on disk (<see cref="TorrentStorage.PossiblePieces"/>); null means all of
    /// those.
    /// </param>
    /// <param name="onPiece">
    /// Called with each piece and whether it is good, on several disk threads at once; null means not.
    /// </param>
    /// <param name="cancellationToken">Cancels within milliseconds.</param>
    /// <returns>The good ones among them.</returns>
    /// <exception cref="StorageException">A file exists but cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<Bitfield> CheckAsync(Bitfield? pieces, Action<int, bool>? onPiece, CancellationToken cancellationToken)
    {
        List<int> candidates = [];
        pieces ??= await workers.RunAsync(() => storage.PossiblePieces(storage.Stamps()), cancellationToken).ConfigureAwait(false);
        // One element per piece, so that threads do not share a bitfield's bytes.
        bool[] isGood = new bool[pieces.Length];
        for (int piece = 0; piece < pieces.Length; piece++)
        {
            if (pieces[piece])
                candidates.Add(piece);
        }

        PieceVerifier ofFiles = verifier.ForFiles();
        await new PieceHasher(storage, workers, ofFiles.Begin).HashAsync(candidates, (piece, hash) =>
        {
            isGood[piece] = ofFiles.IsHashOf(piece, hash);
            onPiece?.Invoke(piece, isGood[piece]);
        }, cancellationToken).ConfigureAwait(false);

        var good = new Bitfield(isGood.Length);
        foreach (int piece in candidates)
        {
            if (isGood[piece])
                good.Set(piece);
        }

        return good;
    }
}
