using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Hashes the data of torrents on disk.</summary>
internal sealed class TorrentChecker(ICommandOutput output)
{
    /// <summary>Checks a torrent and writes whether it is complete, or details.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="detailed">Whether to write details.</param>
    /// <param name="cancellationToken">Ends the wait; the check continues.</param>
    public async Task CheckAsync(TorrentTarget torrent, bool detailed, CancellationToken cancellationToken)
    {
        TorrentAnswer? answer = await new TorrentCommander(output)
            .AskAsync(torrent, action: null, (target, cancellation) => target.Patron.RecheckAsync(target.Torrent, cancellation), cancellationToken)
            .ConfigureAwait(false);
        (TorrentStatus? status, IReadOnlyList<int> bad) = answer switch
        {
            TorrentChecked done => (done.Status, done.BadPieces),
            CommandDone done => (done.Status, []),
            _ => ((TorrentStatus?)null, (IReadOnlyList<int>)[]),
        };
        if (status is null)
            return;
        if (status.Error is { } error)
            await output.FailAsync(new CommandFailure(error, torrent.Status)).ConfigureAwait(false);
        else
            await output.EmitAsync(detailed ? Check(torrent, status, bad) : status.IsComplete).ConfigureAwait(false);
    }

    /// <summary>Finds the files that contain given pieces.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="pieces">The pieces, in their order.</param>
    /// <returns>Indices of files.</returns>
    internal static IEnumerable<int> FilesOf(TorrentMetainfo metainfo, IReadOnlyList<int> pieces)
    {
        for (int index = 0, next = 0; index < metainfo.Files.Count && next < pieces.Count; index++)
        {
            TorrentFileEntry file = metainfo.Files[index];
            if (file.IsPadding || file.Length == 0)
                continue;
            long first = file.Offset / metainfo.PieceLength;
            long last = (file.Offset + file.Length - 1) / metainfo.PieceLength;
            while (next < pieces.Count && pieces[next] < first)
                next++;
            if (next < pieces.Count && pieces[next] <= last)
                yield return index;
        }
    }

    private static TorrentCheck Check(TorrentTarget torrent, TorrentStatus status, IReadOnlyList<int> bad)
    {
        HashSet<int> files = torrent.Patron.GetMetainfo(torrent.Torrent) is { } metainfo ? [.. FilesOf(metainfo, bad)] : [];
        return new TorrentCheck(
            status.Name, status.InfoHash, status.IsComplete, [.. bad], [.. torrent.Files.Where(file => files.Contains(file.Index))]);
    }
}
