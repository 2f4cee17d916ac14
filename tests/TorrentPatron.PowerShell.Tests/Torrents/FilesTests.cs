using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Tests.Torrents;

public sealed class FilesTests
{
    // Pieces of 16 KiB: a is in 0 and 1, b in 1, c is empty, d in 1 to 4.
    private static readonly TorrentMetainfo Metainfo = MetainfoReader.Read(new TorrentBuilder
    {
        Name = "t",
        Files = [new("a", 20_000), new("b", 5_000), new("c", 0), new("d", 50_000)],
        PieceLength = 16384,
        PieceHashes = new byte[5 * 20],
    }.Build());

    [Theory]
    [InlineData(new[] { 0 }, new[] { 0 })]
    [InlineData(new[] { 1 }, new[] { 0, 1, 3 })]
    [InlineData(new[] { 4 }, new[] { 3 })]
    [InlineData(new[] { 0, 4 }, new[] { 0, 3 })]
    [InlineData(new int[0], new int[0])]
    public void The_files_of_a_bad_piece_are_all_files_in_it(int[] pieces, int[] files) =>
        Assert.Equal(files, TorrentChecker.FilesOf(Metainfo, pieces));

    [Fact]
    public void Choosing_files_leaves_the_others_unchanged_unless_only_those_are_wanted()
    {
        FileSnapshot[] files =
        [
            .. Metainfo.Files.Select((file, index) => new FileSnapshot
            {
                Index = index, Path = file.Path, FullPath = "/" + file.Path, Length = file.Length, Priority = FilePriority.Normal,
            }),
        ];
        var chosen = new Dictionary<int, FilePriority> { [1] = FilePriority.High, [3] = FilePriority.Low };

        Assert.Equal(
            [FilePriority.Normal, FilePriority.High, FilePriority.Normal, FilePriority.Low],
            FileChooser.Priorities(Metainfo, files, chosen, only: false));
        Assert.Equal(
            [FilePriority.Skip, FilePriority.High, FilePriority.Skip, FilePriority.Low],
            FileChooser.Priorities(Metainfo, files, chosen, only: true));
    }
}
