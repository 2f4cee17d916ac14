using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.State;

/// <summary>Each <see cref="StateFolder"/> acts as a different process.</summary>
public sealed class SavedPathsTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string ListPath => _temp["state", "paths"];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_saved_torrent_is_found_by_those_that_have_files_at_above_or_below_its_path()
    {
        Save(States(), "album", _temp["d"]);

        Assert.Equal([_temp["d", "album"]], Claim(States(), "b", _temp["d", "album"]));
        Assert.Equal([_temp["d", "album"]], Claim(States(), "b", _temp["D", "ALBUM", "cd1"]));
        Assert.Equal([_temp["d", "album"]], Claim(States(), "b", _temp["d"]));
        Assert.Empty(Claim(States(), "b", _temp["d", "album2"]));
        Assert.Empty(Claim(States(), "album", _temp["d", "album"]));
    }

    [Fact]
    public void Torrents_that_another_process_saves_are_found_and_those_it_removes_are_not()
    {
        StateFolder first = States(), second = States();
        Assert.Empty(Claim(first, "a", _temp["d", "a"]));
        Save(second, "b", _temp["d"]);

        Assert.Equal([_temp["d", "b"]], Claim(first, "c", _temp["d", "b"]));
        using (ResumeStore store = second.Open(Torrents.Make("b")))
            store.Discard();
        Assert.Empty(Claim(first, "c", _temp["d", "b"]));
    }

    [Fact]
    public void Entries_that_another_process_adds_to_an_old_list_are_found()
    {
        StateFolder first = States();
        Save(first, "a", _temp["d"]);
        DateTime longAgo = DateTime.UtcNow.AddMinutes(-1);
        File.SetLastWriteTimeUtc(ListPath, longAgo);
        using ResumeStore mine = first.Open(Torrents.Make("a"));
        Assert.Empty(mine.ClaimPaths(_temp["d", "a"]));
        Assert.Empty(mine.ClaimPaths(_temp["d", "a"]));
        Assert.Equal(longAgo, File.GetLastWriteTimeUtc(ListPath));

        Save(States(), "b", _temp["d", "a"]);

        Assert.Equal([_temp["d", "a", "b"]], mine.ClaimPaths(_temp["d", "a"]).Select(files => files.Root));
    }

    [Fact]
    public void A_new_torrent_is_added_to_an_old_list()
    {
        StateFolder first = States();
        Save(first, "a", _temp["d"]);
        File.SetLastWriteTimeUtc(ListPath, DateTime.UtcNow.AddMinutes(-1));
        using (ResumeStore mine = first.Open(Torrents.Make("a")))
            Assert.Empty(mine.ClaimPaths(_temp["d", "a"]));

        Save(first, "b", _temp["d"]);

        Assert.Equal([_temp["d", "a"], _temp["d", "b"]], Claim(States(), "x", _temp["d"]));
    }

    [Fact]
    public void State_saved_since_the_last_read_is_read_again()
    {
        StateFolder first = States(), second = States();
        Save(second, "b", _temp["d"]);
        Assert.Equal([_temp["d", "b"]], Claim(first, "a", _temp["d", "b"]));

        Save(second, "b", _temp["elsewhere"]);

        Assert.Equal([_temp["elsewhere", "b"]], Claim(first, "c", _temp["d", "b"]));
        Assert.Equal([_temp["elsewhere", "b"]], Claim(first, "c", _temp["elsewhere", "b"]));
    }

    [Fact]
    public void Torrents_of_this_process_are_omitted_and_those_that_another_process_is_starting_are_included()
    {
        StateFolder here = States(), there = States();
        using ResumeStore mine = here.Open(Torrents.Make("a"));
        mine.ClaimPaths(_temp["d", "a"]);

        Assert.Empty(Claim(here, "b", _temp["d", "a"]));
        Assert.Equal([_temp["d", "a"]], Claim(there, "b", _temp["d", "a"]));
        mine.GiveUp();
        Assert.Empty(Claim(there, "b", _temp["d", "a"]));
    }

    [Fact]
    public void Torrents_saved_by_an_earlier_release_are_found_without_the_list()
    {
        Save(States(), "a", _temp["d"]);
        Save(States(), "b", _temp["d"]);
        File.Delete(ListPath);

        Assert.Equal([_temp["d", "a"]], Claim(States(), "c", _temp["d", "a"]));
        Assert.Equal(4, File.ReadAllLines(ListPath).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else")]
    [InlineData("paths 1 00000000\n0123456789abcdef0123456789abcdef01234567 /d/a\n")]
    [InlineData("paths 2 00000000\nnonsense\n0123")]
    public void A_damaged_list_is_rebuilt(string content)
    {
        Save(States(), "a", _temp["d"]);
        File.WriteAllText(ListPath, content);

        Assert.Equal([_temp["d", "a"]], Claim(States(), "c", _temp["d", "a"]));
        Assert.Equal([_temp["d", "a"]], Claim(States(), "d", _temp["d", "a"]));
    }

    [Fact]
    public void A_truncated_line_does_not_affect_the_next()
    {
        StateFolder reader = States();
        Save(States(), "a", _temp["d"]);
        Assert.Empty(Claim(reader, "x", _temp["elsewhere"]));
        File.AppendAllText(ListPath, "0123456789abcdef0123456789abcdef01234567 /d/cut");
        Save(States(), "b", _temp["d"]);

        Assert.Equal([_temp["d", "b"]], Claim(reader, "c", _temp["d", "b"]));
        Assert.Equal([_temp["d", "a"]], Claim(States(), "c", _temp["d", "a"]));
    }

    [Fact]
    public void A_list_rewritten_by_another_process_is_read_from_its_beginning()
    {
        StateFolder reader = States();
        Assert.Empty(Claim(reader, "x", _temp["elsewhere"]));
        StateFolder writer = States();
        for (int i = 0; i < 150; i++)
        {
            using ResumeStore store = writer.Open(Torrents.Make($"gone{i}"));
            store.ClaimPaths(_temp["d", $"gone{i}"]);
            store.Discard();
        }

        long before = new FileInfo(ListPath).Length;
        Save(States(), "a", _temp["d"]);

        Assert.True(new FileInfo(ListPath).Length < before / 10);
        Assert.Equal([_temp["d", "a"]], Claim(reader, "c", _temp["d", "a"]));
    }

    [Fact]
    public void Paths_with_line_breaks_and_backslashes_are_found()
    {
        if (OperatingSystem.IsWindows())
            return;
        string strange = _temp["line\nbreak\\n\\"];
        Save(States(), "a", strange);

        Assert.Equal([Path.Combine(strange, "a")], Claim(States(), "b", Path.Combine(strange, "a")));
    }

    [Fact]
    public void Torrents_started_at_once_by_several_services_are_all_in_the_list()
    {
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Save(States(), $"t{i}", _temp["d"]));

        Assert.Equal(40, Claim(States(), "x", _temp["d"]).Length);
    }

    [Fact]
    public void Saved_torrents_are_found_by_the_length_of_a_file_the_latest_first()
    {
        StateFolder first = States();
        Save(first, "a", _temp["d"], pieces: 2);
        Save(first, "b", _temp["d"], pieces: 3);
        Save(first, "c", _temp["d"], pieces: 3);

        foreach (StateFolder states in (StateFolder[])[first, States()])
        {
            Assert.Equal([Torrents.Hash("c"), Torrents.Hash("b")], OfLength(states, pieces: 3));
            Assert.Equal([Torrents.Make("a", pieces: 2).TorrentId], OfLength(states, pieces: 2));
            Assert.Empty(OfLength(states, pieces: 4));
        }
    }

    [Fact]
    public void A_search_by_length_finds_what_others_save_later_and_not_what_runs_here_or_was_removed()
    {
        StateFolder here = States(), there = States();
        Save(here, "a", _temp["d"]);
        Save(here, "b", _temp["d"]);
        Assert.Equal(2, OfLength(here, pieces: 3).Count);

        Save(there, "c", _temp["d"]);
        there.Forget(Torrents.Hash("a"));
        using ResumeStore running = here.Open(Torrents.Make("b"));
        running.ClaimPaths(_temp["d", "b"]);

        Assert.Equal([Torrents.Hash("c")], OfLength(here, pieces: 3));
    }

    [Fact]
    public void A_search_by_length_finds_torrents_that_are_missing_from_the_list_and_at_most_some_dozen()
    {
        StateFolder first = States();
        for (int i = 0; i < 70; i++)
            Save(first, $"t{i}", _temp["d"]);
        File.Delete(ListPath);

        Assert.Equal(64, OfLength(States(), pieces: 3).Distinct().Count());
    }

    [Fact]
    public void A_search_by_length_survives_a_list_that_another_process_rewrites()
    {
        StateFolder reader = States();
        Save(reader, "a", _temp["d"]);
        Assert.Equal([Torrents.Hash("a")], OfLength(reader, pieces: 3));
        File.Delete(ListPath);
        Save(States(), "b", _temp["d"]);

        Assert.Equal(
            [Torrents.Hash("a"), Torrents.Hash("b")],
            OfLength(reader, pieces: 3).OrderBy(torrent => torrent == Torrents.Hash("a") ? 0 : 1));
    }

    /// <summary>The saved torrents that a new one finds by the length of its file.</summary>
    private IReadOnlyList<TorrentId> OfLength(StateFolder states, int pieces)
    {
        TorrentMetainfo torrent = Torrents.Make("new", pieces);
        using ResumeStore store = states.Open(torrent);
        store.ClaimPaths(_temp["new"]);
        IReadOnlyList<TorrentId> found = store.FindStopped([torrent.Files[0].Length]);
        store.GiveUp();
        return found;
    }

    private StateFolder States() => new(_temp["state"]);

    private static void Save(StateFolder states, string name, string destination, int pieces = 3)
    {
        TorrentMetainfo torrent = Torrents.Make(name, pieces);
        using ResumeStore store = states.Open(torrent);
        store.ClaimPaths(Path.Combine(destination, name));
        store.Checkpoint(new ResumeData { Verified = new Bitfield(torrent.PieceCount), Destination = destination });
    }

    /// <returns>The roots of the torrents that are found; the search leaves only its line in the list.</returns>
    private static string[] Claim(StateFolder states, string name, string root)
    {
        using ResumeStore store = states.Open(Torrents.Make(name));
        string[] found = [.. store.ClaimPaths(root).Select(files => files.Root).Order(StringComparer.Ordinal)];
        store.GiveUp();
        return found;
    }
}
