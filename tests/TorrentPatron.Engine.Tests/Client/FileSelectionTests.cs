using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class FileSelectionTests
{
    private static readonly string[] Files = ["readme.txt", "season 1/e01.mkv", "season 1/e02.mkv", "season 1/sample/e01.mkv"];

    [Fact]
    public void By_default_every_file_is_wanted()
    {
        Assert.True(FileSelection.All.IsAll);
        Assert.Empty(FileSelection.All.Resolve(Show(Files)));
    }

    [Fact]
    public void A_pattern_is_matched_against_the_name_the_path_and_the_path_below_the_torrents_folder()
    {
        Assert.Equal([1, 3], Wanted(new FileSelection { Include = ["e01.mkv"] }));
        Assert.Equal([1, 2, 3], Wanted(new FileSelection { Include = ["season 1/*"] }));
        Assert.Equal([1, 2, 3], Wanted(new FileSelection { Include = ["show/season 1/*"] }));
        Assert.Equal([0, 1, 2, 3], Wanted(new FileSelection { Include = ["*.TXT", "*.mkv"] }));
    }

    [Fact]
    public void Excluded_files_are_not_wanted_even_if_also_included()
    {
        Assert.Equal([0, 1, 2], Wanted(new FileSelection { Exclude = ["*/sample/*"] }));
        Assert.Equal([2], Wanted(new FileSelection { Include = ["*.mkv"], Exclude = ["e01*"] }));
        Assert.Empty(Wanted(new FileSelection { Indices = [3], Exclude = ["*sample*"] }));
    }

    [Fact]
    public void Indices_are_added_to_the_patterns_files_and_invalid_ones_are_ignored()
    {
        Assert.Equal([2], Wanted(new FileSelection { Indices = [2, 99, -1] }));
        Assert.Equal([0, 2], Wanted(new FileSelection { Include = ["readme*"], Indices = [2] }));
    }

    [Fact]
    public void A_literal_file_name_is_matched_before_it_is_tried_as_a_pattern()
    {
        string[] files = ["[a] e01.mkv", "a e01.mkv", "b [x]/e02.mkv"];
        Assert.Equal([0], Wanted(new FileSelection { Include = ["[a] e01.mkv"] }, files));
        Assert.Equal([0], Wanted(new FileSelection { Include = ["`[a`] e01.mkv"] }, files));
        Assert.Equal([1], Wanted(new FileSelection { Include = ["[abc] e01.mkv"] }, files));
        Assert.Equal([2], Wanted(new FileSelection { Include = ["show/b [x]/e02.mkv"] }, files));
        Assert.Equal([1, 2], Wanted(new FileSelection { Exclude = ["[a] e01.mkv"] }, files));
    }

    [Fact]
    public void An_unmatched_name_is_reported_missing_and_an_unmatched_pattern_is_not()
    {
        var selection = new FileSelection { Include = ["readme.txt", "nosuch.mkv", "*.iso", "[abc"], Exclude = ["none"], Indices = [9] };
        Assert.Equal(["nosuch.mkv", "[abc"], selection.Missing(Show(Files)));
        Assert.Empty(FileSelection.All.Missing(Show(Files)));
    }

    private static IEnumerable<int> Wanted(FileSelection selection, string[]? files = null) => selection.Resolve(Show(files ?? Files))
        .Select((priority, index) => (priority, index)).Where(file => file.priority != FilePriority.Skip).Select(file => file.index);

    private static TorrentMetainfo Show(string[] files) => MetainfoReader.Read(new TorrentBuilder
    {
        Name = "show",
        Files = [.. files.Select(path => new TorrentBuilderFile(path, 10))],
        PieceLength = 16384,
        PieceHashes = new byte[20],
    }.Build());
}
