using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The pieces of a v2 or hybrid torrent that are equal because their files have the same root (BEP 52): only one of each need be
/// downloaded.
/// </summary>
internal sealed class EqualPieces
{
    private readonly TorrentMetainfo _metainfo;
    private readonly Dictionary<int, Files> _byFirstPiece = [];

    private EqualPieces(TorrentMetainfo metainfo, IEnumerable<Files> groups)
    {
        _metainfo = metainfo;
        Groups = [.. groups];
        foreach (Files group in Groups)
        {
            foreach (int first in group.First)
                _byFirstPiece.Add(first, group);
        }
    }

    /// <summary>The groups of equal files, by their first pieces.</summary>
    public IReadOnlyList<Files> Groups { get; }

    /// <summary>Finds them; null if no two files are equal.</summary>
    public static EqualPieces? Of(TorrentMetainfo metainfo)
    {
        if (metainfo.Version == MetainfoVersion.V1)
            return null;
        Files[] groups =
        [
            .. metainfo.Files.Where(file => !file.IsPadding && file.Length > 0).GroupBy(file => (new InfoHashV2(file.PiecesRoot.Span), file.Length))
                .Where(group => group.Skip(1).Any())
                .Select(group => new Files(
                    [.. group.Select(file => (int)(file.Offset / metainfo.PieceLength))], (int)((group.Key.Length + metainfo.PieceLength - 1) / metainfo.PieceLength))),
        ];
        return groups.Length == 0 ? null : new EqualPieces(metainfo, groups);
    }

    /// <summary>The pieces equal to a piece.</summary>
    public IEnumerable<int> To(int piece)
    {
        int first = (int)(_metainfo.Files[_metainfo.FileOfPiece(piece)].Offset / _metainfo.PieceLength);
        return _byFirstPiece.TryGetValue(first, out Files? group)
            ? group.First.Where(other => other != first).Select(other => other + (piece - first))
            : [];
    }

    /// <summary>A group of equal files.</summary>
    /// <param name="First">The first piece of each.</param>
    /// <param name="Count">Pieces of each.</param>
    public sealed record Files(int[] First, int Count);
}
