using System.Security.Cryptography;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
namespace TorrentPatron.Engine.Storage;
internal static class PieceChecker
{
    public static async Task<Bitfield> CheckAsync(TorrentStorage storage, TorrentMetainfo m, Bitfield pieces, DiskWorkers workers, IProgress<int> progress, CancellationToken ct)
    {
        var good = new Bitfield(pieces.Length);
        var buffer = new byte[m.PieceLength];
        for (int i = 0; i < pieces.Length; i++)
        {
            if (!pieces[i]) continue;
            int p = i;
            if (await workers.RunAsync(() => { storage.Read((long)p * m.PieceLength, buffer.AsSpan(0, m.PieceSize(p))); return SHA1.HashData(buffer.AsSpan(0, m.PieceSize(p))).AsSpan().SequenceEqual(m.PieceHash(p)); }, ct).ConfigureAwait(false)) good.Set(i);
            progress.Report(i);
        }
        return good;
    }
}
