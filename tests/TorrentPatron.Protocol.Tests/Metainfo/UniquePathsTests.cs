using System.Text;
using TorrentPatron.Protocol.Metainfo;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class UniquePathsTests
{
    private readonly UniquePaths _paths = new();

    [Fact]
    public void Names_that_differ_stay_as_they_are()
    {
        Assert.Equal(["n/a", "n/b", "n/d/a", "n/D/b", "m/a"], Add("n/a", "n/b", "n/d/a", "n/D/b", "m/a"));
    }

    [Fact]
    public void A_clash_in_any_case_gets_a_number_before_the_extension()
    {
        Assert.Equal(
            ["n/Read.me.txt", "n/READ.me (1).TXT", "n/read.me (2).txt", "n/größe", "n/GRÖßE (1)"],
            Add("n/Read.me.txt", "n/READ.me.TXT", "n/read.me.txt", "n/größe", "n/GRÖßE"));
    }

    [Fact]
    public void Folders_that_differ_in_case_only_hold_no_two_files_of_one_name()
    {
        Assert.Equal(["dir/a.txt", "DIR/A (1).txt"], Add("dir/a.txt", "DIR/A.txt"));
    }

    [Fact]
    public void Names_that_differ_in_composition_only_clash_also_without_ICU()
    {
        Assert.Equal(["n/caf\u00E9", "n/cafe\u0301 (1)", "n/CAF\u00C9 (2)"], Add("n/caf\u00E9", "n/cafe\u0301", "n/CAF\u00C9"));
    }

    [Fact]
    public void A_number_in_use_is_skipped()
    {
        Assert.Equal(["a", "a (1)", "A (2)", "a (1) (1)"], Add("a", "a (1)", "A", "a (1)"));
    }

    [Fact]
    public void A_file_and_a_folder_of_one_name_get_different_names()
    {
        Assert.Equal(["x/a", "X (1)"], Add("x/a", "X"));
        Assert.Equal(["y", "y (1)/a", "y (1)/b", "y (1)/a (1)"], Add("y", "y/a", "Y/b", "y/a"));
    }

    [Fact]
    public void Long_names_have_room_for_the_number()
    {
        string name = new string('日', 83) + ".txt";
        string[] results = Add(name, name);

        Assert.Equal(name, results[0]);
        Assert.EndsWith(" (1).txt", results[1], StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(results[1]), 200, 255);
    }

    [Fact]
    public void A_path_longer_than_systems_allow_keeps_only_its_first_folder()
    {
        string deep = "n/" + string.Concat(Enumerable.Repeat("folder/", 130));
        string[] results = Add(deep + "a.txt", deep + "A.txt", deep[..800] + "/b", "n/a (1).txt");

        Assert.Equal(["n/a.txt", "n/A (1).txt", deep[..800] + "/b", "n/a (1) (1).txt"], results);
        string wide = "n/" + string.Concat(Enumerable.Repeat(new string('日', 80) + "/", 4)) + "c";
        Assert.Equal(["n/c"], Add(wide));
    }

    [Fact]
    public void Many_clashes_are_resolved_without_trying_all_numbers_again()
    {
        string stem = new('s', 250);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < 40_000; i++)
            Assert.True(seen.Add(_paths.Add([$"{stem}{i / 2:x4}"], out _)));
    }

    private string[] Add(params string[] paths) => [.. paths.Select(path => _paths.Add([.. path.Split('/')], out _))];
}
