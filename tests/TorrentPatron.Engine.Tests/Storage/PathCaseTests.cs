using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>The expected results come from the file system that the tests run on.</summary>
public sealed class PathCaseTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Paths_that_differ_only_in_case_are_equal_if_the_file_system_says_so()
    {
        File.WriteAllText(_folder["probe"], "");
        bool isOne = File.Exists(_folder["PROBE"]);

        Assert.Equal(isOne, PathCase.AreSame(_folder["Album", "data.bin"], _folder["album", "Data.bin"]));
        File.WriteAllText(_folder["here.bin"], "");
        Assert.Equal(isOne, PathCase.AreSame(_folder["here.bin"], _folder["HERE.bin"]));
        if (!isOne)
        {
            File.WriteAllText(_folder["HERE.bin"], "");
            Assert.False(PathCase.AreSame(_folder["here.bin"], _folder["HERE.bin"]));
        }

        Assert.True(PathCase.AreSame(_folder["nothing"], _folder["nothing"]));
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName), name => name!.StartsWith('.'));
    }

    [Fact]
    public void Folders_are_equal_as_on_the_file_system_and_links_resolve_to_their_targets()
    {
        Directory.CreateDirectory(_folder["Album"]);
        bool isOne = Directory.Exists(_folder["ALBUM"]);

        Assert.Equal(isOne, PathCase.AreOne(_folder["Album"], _folder["ALBUM"]));
        Assert.True(PathCase.AreOne(_folder["Album"], _folder["Album"]));
        Assert.False(PathCase.AreOne(_folder["Album"], _folder["Other"]));
        if (isOne)
            return;
        Directory.CreateSymbolicLink(_folder["ALBUM"], _folder["Album"]);
        Assert.True(PathCase.AreOne(_folder["Album"], _folder["ALBUM"]));
    }

    public void Dispose() => _folder.Dispose();
}
