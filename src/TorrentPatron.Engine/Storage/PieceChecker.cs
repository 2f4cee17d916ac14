using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>Finds out which pieces on disk are good, by hashing them.</summary>
/// <param name="storage">Where the pieces are.</param>
/// <param name="metainfo">Their hashes.</param>
/// <param name="workers">The disk threads.</param>
internal sealed class PieceChecker(TorrentStorage storage, TorrentMetainfo metainfo, DiskWorkers workers)
{
    /// <summary>Checks pieces. What cannot be there, because a file is missing or too short, is not read.</summary>
    /// <param name="pieces">Which; null: all.</param>
    /// <param name="onPiece">
    /// Is told of each piece and whether it is good, on a disk thread, of several at once; null: nobody is.
    /// </param>
    /// <param name="cancellationToken">Ends it within milliseconds.</param>
    /// <returns>The good ones among them.</returns>
    /// <exception cref="StorageException">A file is there but cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<Bitfield> CheckAsync(Bitfield? pieces, Action<int, bool>? onPiece, CancellationToken cancellationToken)
    {
        // One element for each piece, so that threads do not meet in a bit field's bytes.
        bool[] isGood = new bool[metainfo.PieceCount];
        List<int> candidates = await workers.RunAsync(() => Candidates(pieces, onPiece), cancellationToken).ConfigureAwait(false);
        await new PieceHasher(storage, workers).HashAsync(candidates, (piece, hash) =>
        {
            isGood[piece] = hash.SequenceEqual(metainfo.PieceHash(piece));
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

    private List<int> Candidates(Bitfield? pieces, Action<int, bool>? onPiece)
    {
        Bitfield possible = storage.PossiblePieces();
        var candidates = new List<int>();
        for (int piece = 0; piece < possible.Length; piece++)
        {
            if (pieces is not null && !pieces[piece])
                continue;
            if (possible[piece])
                candidates.Add(piece);
            else
                onPiece?.Invoke(piece, false);
        }

        return candidates;
    }
}
