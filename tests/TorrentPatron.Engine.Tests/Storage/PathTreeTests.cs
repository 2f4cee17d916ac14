using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class PathTreeTests
{
    private readonly PathTree<string> _tree = new();

    [Fact]
    public void Near_finds_values_at_a_path_above_it_and_below_it()
    {
        Add("/d", "/d/Album", "/d/Album/CD1", "/d/Album2", "/e");

        Assert.Equal(["/d", "/d/Album", "/d/Album/CD1"], Near("/d/Album"));
        Assert.Equal(["/d", "/d/Album", "/d/Album/CD1"], Near("/d/Album/CD1"));
        Assert.Equal(["/d"], Near("/d/other/file"));
        Assert.Empty(Near("/f"));
    }

    [Fact]
    public void Paths_that_differ_in_case_or_composition_only_are_near()
    {
        Add("/d/CAF\u00C9");

        Assert.Equal(["/d/CAF\u00C9"], Near("/D/cafe\u0301/x"));
    }

    [Fact]
    public void Removed_values_are_not_found_and_the_others_are()
    {
        Add("/d/a", "/d/a/b");
        Assert.False(_tree.Add(Native("/d/a"), "/d/a"));
        _tree.Add(Native("/d/a"), "second");

        _tree.Remove(Native("/d/a"), "/d/a");
        _tree.Remove(Native("/never"), "there");
        Assert.Equal(["/d/a/b", "second"], Near("/d/a"));
        _tree.Remove(Native("/d/a/b"), "/d/a/b");
        _tree.Remove(Native("/d/a"), "second");
        Assert.Empty(Near("/"));
    }

    [Fact]
    public void A_value_is_found_only_at_the_path_it_was_added_with()
    {
        Add("/d/a", "/d/a/b");

        Assert.True(_tree.Contains(Native("/d/a"), "/d/a"));
        Assert.True(_tree.Contains(Native("/D//A/"), "/d/a"));
        Assert.False(_tree.Contains(Native("/d/a"), "/d/a/b"));
        Assert.False(_tree.Contains(Native("/d"), "/d/a"));
        Assert.False(_tree.Contains(Native("/e/a"), "/d/a"));
        _tree.Remove(Native("/d/a"), "/d/a");
        Assert.False(_tree.Contains(Native("/d/a"), "/d/a"));
        Assert.True(_tree.Contains(Native("/d/a/b"), "/d/a/b"));
    }

    private void Add(params string[] paths) => Assert.All(paths, path => Assert.True(_tree.Add(Native(path), path)));

    private string[] Near(string path) => [.. _tree.Near(Native(path)).Order(StringComparer.Ordinal)];

    private static string Native(string path) => path.Replace('/', Path.DirectorySeparatorChar);
}
