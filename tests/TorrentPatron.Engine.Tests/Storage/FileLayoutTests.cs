using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class FileLayoutTests
{
    private static readonly string Root = Path.GetFullPath("/downloads");

    [Fact]
    public void A_byte_is_found_in_the_file_that_has_it_never_in_one_without_bytes()
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

    private static FileLayout Layout(int pieceLength, params long[] lengths) =>
        new(Root, "t", pieceLength, lengths.Select((length, i) => ($"t/{i}", length, true)));
}
