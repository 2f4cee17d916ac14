using System.Security.Cryptography;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class FileLayoutTests
{
    private static readonly string Root = Path.GetFullPath("/downloads");

    [Fact]
    public void A_byte_is_found_in_its_file_and_never_in_an_empty_one()
    {
        FileLayout layout = Layout(4, 0, 3, 0, 0, 5, 1, 0);
        for (long offset = 0; offset < 9; offset++)
        {
            StorageFile file = layout.Files[layout.Find(offset)];
            Assert.InRange(offset, file.Offset, file.End - 1);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Find(9));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Find(-1));
    }

    [Fact]
    public void Pieces_and_files_know_each_other()
    {
        FileLayout layout = Layout(4, 0, 3, 0, 0, 5, 1, 0);
        Assert.Equal((9, 3), (layout.TotalSize, layout.PieceCount));
        Assert.Equal([4, 4, 1], Enumerable.Range(0, 3).Select(layout.PieceSize));
        Assert.Equal((1, 4), layout.FilesOfPiece(0));
        Assert.Equal((4, 4), layout.FilesOfPiece(1));
        Assert.Equal((5, 5), layout.FilesOfPiece(2));
        Assert.Equal([(0, 0), (0, 1), (0, 0), (0, 0), (0, 2), (2, 1), (2, 0)],
            Enumerable.Range(0, 7).Select(layout.PiecesOfFile));
    }

    [Fact]
    public void Files_lie_at_the_offsets_that_a_v2_torrent_gives_them()
    {
        byte[] layer = new byte[64];
        byte[] root = SHA256.HashData(layer);
        byte[] torrent =
        [
            .. "d4:infod9:file treed1:ad0:d6:lengthi5e11:pieces root32:"u8, .. new byte[32],
            .. "ee1:bd0:d6:lengthi0eee1:cd0:d6:lengthi20000e11:pieces root32:"u8, .. root,
            .. "ee1:dd0:d6:lengthi7e11:pieces root32:"u8, .. new byte[32],
            .. "ee1:ed0:d6:lengthi0eeee12:meta versioni2e4:name1:t12:piece lengthi16384ee12:piece layersd32:"u8, .. root, .. "64:"u8, .. layer, .. "ee"u8,
        ];
        TorrentMetainfo metainfo = MetainfoReader.Read(torrent);
        var layout = new FileLayout(metainfo, Root);

        Assert.Equal([(0, 5), (5, 0), (16384, 20000), (49152, 7), (49159, 0)], layout.Files.Select(file => (file.Offset, file.Length)));
        Assert.Equal((metainfo.TotalSize, metainfo.PieceCount), (layout.TotalSize, layout.PieceCount));
        Assert.Equal((49159, 4), (layout.TotalSize, layout.PieceCount));
        Assert.Equal([5, 16384, 20000 - 16384, 7], Enumerable.Range(0, 4).Select(layout.PieceSize));
        Assert.Equal([false, true, false, false], Enumerable.Range(0, 4).Select(layout.IsWithinFile));
        Assert.Equal([(0, 0), (2, 2), (2, 2), (3, 3)], Enumerable.Range(0, 4).Select(layout.FilesOfPiece));
        Assert.Equal([(0, 1), (0, 0), (1, 2), (3, 1), (3, 0)], Enumerable.Range(0, 5).Select(layout.PiecesOfFile));
    }

    [Fact]
    public void Gaps_between_files_may_have_any_size()
    {
        FileLayout layout = Layout(4, (2, 1), (3, 0), (13, 2), (15, 3), (30, 0));

        Assert.Equal((30, 8), (layout.TotalSize, layout.PieceCount));
        Assert.Equal([0, 0, 0, 2, 2, 2, 3, 3], new long[] { 0, 1, 2, 3, 12, 14, 15, 17 }.Select(layout.Find));
        Assert.Equal(4, layout.Find(18));
        Assert.Equal((0, 1), layout.FilesOfPiece(0));
        (int first, int last) = layout.FilesOfPiece(1);
        Assert.True(last < first, "a piece in a gap has no files");
        Assert.Equal((2, 3), layout.FilesOfPiece(3));
        Assert.Equal((0, 1), layout.PiecesOfFile(0));
        Assert.Equal((3, 2), layout.PiecesOfFile(3));
        var here = new Bitfield(8);
        here.Set(3);
        Assert.Equal([0L, 0, 2, 1, 0], Enumerable.Range(0, 5).Select(file => layout.BytesIn(file, here)));
    }

    [Fact]
    public void Extents_are_files_and_gaps_in_turn()
    {
        FileLayout layout = Layout(4, (0, 5), (5, 0), (8, 2), (10, 1), (16, 0), (16, 3));
        var extents = new List<(long End, bool IsGap, int File)>();
        int file = -1;
        for (long offset = 0; offset < layout.TotalSize; offset = extents[^1].End)
        {
            (long end, bool isGap) = layout.Extent(offset, ref file);
            extents.Add((end, isGap, file));
        }

        Assert.Equal([(5, false, 0), (8, true, 2), (10, false, 2), (11, false, 3), (16, true, 4), (19, false, 5)], extents);
    }

    [Fact]
    public void A_file_that_overlaps_another_is_refused() =>
        Assert.Throws<ArgumentException>(() => Layout(4, (0, 5), (4, 2)));

    [Fact]
    public void Files_lie_below_the_destination()
    {
        var layout = new FileLayout(Root + Path.DirectorySeparatorChar, "name", 1, [("name/a/b", 1, true)]);
        Assert.Equal(Root, layout.Destination);
        Assert.Equal(Path.Combine(Root, "name"), layout.RootPath);
        Assert.Equal(Path.Combine(Root, "name", "a", "b"), layout.Files[0].FullPath);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("name/../../x")]
    [InlineData("/etc/x")]
    [InlineData("name/..")]
    public void A_path_that_leads_out_of_the_destination_is_refused(string path) =>
        Assert.Throws<ArgumentException>(() => new FileLayout(Root, "name", 1, [(path, 1, true)]));

    private static FileLayout Layout(int pieceLength, params (long Offset, long Length)[] files) =>
        new(Root, "t", pieceLength, files.Select((file, i) => ($"t/{i}", (string?)null, file.Offset, file.Length, true)));

    private static FileLayout Layout(int pieceLength, params long[] lengths) =>
        new(Root, "t", pieceLength, lengths.Select((length, i) => ($"t/{i}", length, true)));
}
