using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>Finds out which pieces on disk are good, by hashing them.</summary>
/// <param name="storage">Where the pieces are.</param>
/// <param name="verifier">Tells good pieces from bad ones.</param>
/// <param name="workers">The disk threads.</param>
internal sealed class PieceChecker(TorrentStorage storage, PieceVerifier verifier, DiskWorkers workers)
{
    /// <summary>Checks pieces.</summary>
    /// <param name="pieces">
    /// Which, of those that can be there (<see cref="TorrentStorage.PossiblePieces"/>); null: all that can.
    /// </param>
    /// <param name="onPiece">
    /// Is told of each piece and whether it is good, on a disk thread, of several at once; null: nobody is.
    /// </param>
    /// <param name="cancellationToken">Ends it within milliseconds.</param>
    /// <returns>The good ones among them.</returns>
    /// <exception cref="StorageException">A file is there but cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<Bitfield> CheckAsync(Bitfield? pieces, Action<int, bool>? onPiece, CancellationToken cancellationToken)
    {
        List<int> candidates = [];
        pieces ??= await workers.RunAsync(() => storage.PossiblePieces(storage.Stamps()), cancellationToken).ConfigureAwait(false);
        // One element for each piece, so that threads do not meet in a bit field's bytes.
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
