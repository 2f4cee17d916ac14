using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Finds a torrent's files among others by their pieces: by pieces that lie in one file alone or, if there are none, by shared
/// pieces, together with its neighbours. Only reads.
/// </summary>
/// <param name="layout">Maps bytes to files.</param>
/// <param name="reader">Verifies pieces.</param>
/// <param name="found">The location of each file, as far as known; receives the results.</param>
/// <param name="good">The pieces known to be good at the files' locations.</param>
/// <param name="isLacking">Returns whether a file is to be found.</param>
/// <param name="candidates">The files that may match, likeliest first.</param>
/// <param name="cancellationToken">Cancels within milliseconds.</param>
internal sealed class FileMatcher(
    FileLayout layout, PieceReader reader, DataFile?[] found, Bitfield good, Predicate<int> isLacking, Func<int, IEnumerable<DataFile>> candidates,
    CancellationToken cancellationToken)
{
    /// <summary>The most combinations of files tried for one piece.</summary>
    private const int MostCombinations = 64;

    /// <summary>Searches by pieces that contain no other file's bytes.</summary>
    /// <returns>The files found.</returns>
    public List<int> FindAlone()
    {
        var taken = new List<int>();
        for (int index = 0; index < found.Length; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isLacking(index))
                continue;
            int[] samples = SamplesOf(index);
            DataFile? best = null;
            int most = 0;
            foreach (DataFile candidate in samples.Length == 0 ? [] : candidates(index))
            {
                int matches = samples.Count(piece => reader.Matches(piece, file => file == index ? candidate : null));
                if (matches > most)
                    (best, most) = (candidate, matches);
                if (matches == samples.Length)
                    break;
            }

            if (best is not null)
                Take(index, best, taken);
        }

        return taken;
    }

    /// <summary>Searches for files that share all of their pieces with others.</summary>
    /// <returns>The files found.</returns>
    public List<int> FindTogether()
    {
        var taken = new List<int>();
        for (int index = 0; index < found.Length; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isLacking(index) || layout.Files[index].Length == 0 || SamplesOf(index).Length > 0)
                continue;
            (int first, int count) = layout.PiecesOfFile(index);
            for (int piece = first; piece < first + count; piece++)
            {
                if (!good[piece] && TryCombinations(piece, taken))
                    break;
            }
        }

        return taken;
    }

    /// <summary>Tries combinations of the uncertain files of a piece.</summary>
    private bool TryCombinations(int piece, List<int> taken)
    {
        (int first, int last) = layout.FilesOfPiece(piece);
        int[] files = [.. Enumerable.Range(first, last - first + 1).Where(file => layout.Files[file] is { IsStored: true, Length: > 0 })];
        DataFile[][] choices = [.. files.Select(file =>
        {
            IEnumerable<DataFile> there = found[file] is { } known ? [known] : [];
            return (DataFile[])[.. isLacking(file) ? there.Concat(candidates(file)).Distinct() : there];
        })];
        long combinations = choices.Aggregate(1L, (product, of) => Math.Min(MostCombinations + 1, product * of.Length));
        if (combinations is 0 or > MostCombinations)
            return false;
        for (int number = 0; number < combinations; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rest = number;
            var chosen = new Dictionary<int, DataFile>();
            for (int i = 0; i < files.Length; i++)
            {
                chosen[files[i]] = choices[i][rest % choices[i].Length];
                rest /= choices[i].Length;
            }

            if (!reader.Matches(piece, chosen.GetValueOrDefault))
                continue;
            foreach ((int file, DataFile source) in chosen)
            {
                if (source != found[file])
                    Take(file, source, taken);
            }

            return true;
        }

        return false;
    }

    private void Take(int index, DataFile source, List<int> taken)
    {
        found[index] = source;
        taken.Add(index);
    }

    /// <summary>A first, a middle and a last piece that contain no other file's bytes, and are not known to be good.</summary>
    private int[] SamplesOf(int index)
    {
        if (layout.Files[index].Length == 0)
            return [];
        (int first, int count) = layout.PiecesOfFile(index);
        int begin = first, end = first + count - 1;
        while (begin <= end && (good[begin] || !IsAlone(begin, index)))
            begin++;
        while (end > begin && (good[end] || !IsAlone(end, index)))
            end--;
        return begin > end ? [] : [.. ((int[])[begin, begin + ((end - begin) / 2), end]).Distinct()];
    }

    private bool IsAlone(int piece, int index)
    {
        (int first, int last) = layout.FilesOfPiece(piece);
        for (int file = first; file <= last; file++)
        {
            if (file != index && layout.Files[file] is { IsStored: true, Length: > 0 })
                return false;
        }

        return true;
    }
}
