using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class FileSelectionTests
{
    private static readonly string[] Files = ["readme.txt", "season 1/e01.mkv", "season 1/e02.mkv", "season 1/sample/e01.mkv"];

    [Fact]
    public void Without_a_word_every_file_is_wanted()
    {
        Assert.True(FileSelection.All.IsAll);
        Assert.Empty(FileSelection.All.Resolve(Show()));
    }

    [Fact]
    public void A_pattern_is_held_against_the_name_the_path_and_the_path_below_the_torrents_folder()
    {
        Assert.Equal([1, 3], Wanted(new FileSelection { Include = ["e01.mkv"] }));
        Assert.Equal([1, 2, 3], Wanted(new FileSelection { Include = ["season 1/*"] }));
        Assert.Equal([1, 2, 3], Wanted(new FileSelection { Include = ["show/season 1/*"] }));
        Assert.Equal([0, 1, 2, 3], Wanted(new FileSelection { Include = ["*.TXT", "*.mkv"] }));
    }

    [Fact]
    public void What_is_excluded_is_not_wanted_even_where_it_is_included()
    {
        Assert.Equal([0, 1, 2], Wanted(new FileSelection { Exclude = ["*/sample/*"] }));
        Assert.Equal([2], Wanted(new FileSelection { Include = ["*.mkv"], Exclude = ["e01*"] }));
        Assert.Empty(Wanted(new FileSelection { Indices = [3], Exclude = ["*sample*"] }));
    }

    [Fact]
    public void Indices_are_wanted_besides_what_patterns_name_and_those_of_no_file_do_not_matter()
    {
        Assert.Equal([2], Wanted(new FileSelection { Indices = [2, 99, -1] }));
        Assert.Equal([0, 2], Wanted(new FileSelection { Include = ["readme*"], Indices = [2] }));
    }

    private static IEnumerable<int> Wanted(FileSelection selection) => selection.Resolve(Show())
        .Select((priority, index) => (priority, index)).Where(file => file.priority != FilePriority.Skip).Select(file => file.index);

    private static TorrentMetainfo Show() => MetainfoReader.Read(new TorrentBuilder
    {
        Name = "show",
        Files = [.. Files.Select(path => new TorrentBuilderFile(path, 10))],
        PieceLength = 16384,
        PieceHashes = new byte[20],
    }.Build());
}
