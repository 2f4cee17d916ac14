using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class TorrentMakerTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_folder_becomes_a_torrent_with_its_files_in_order_and_the_hashes_of_their_bytes()
    {
        byte[] all = [.. Fill("b.bin", 100_000), .. Fill("empty", 0), .. Fill("sub/a.bin", 1), .. Fill("sub/ü", 40_000)];
        var reports = new List<TorrentMakerProgress>();
        byte[] bytes = await TorrentMaker.MakeAsync(_temp["source"], new TorrentMakerOptions { PieceLength = 16384 },
            new Reports(reports), Cancel);

        TorrentMetainfo metainfo = MetainfoReader.Read(bytes);
        Assert.True(metainfo.IsMultiFile);
        Assert.Equal("source", metainfo.Name);
        Assert.Equal(["source/b.bin", "source/empty", "source/sub/a.bin", "source/sub/ü"],
            metainfo.Files.Select(file => file.Path));
        Assert.Equal(all.Length, metainfo.TotalSize);
        for (int piece = 0; piece < metainfo.PieceCount; piece++)
        {
            byte[] expected = SHA1.HashData(all.AsSpan(piece * 16384, metainfo.PieceSize(piece)));
            Assert.Equal(expected, metainfo.PieceHash(piece).ToArray());
        }

        Assert.Equal(metainfo.PieceCount, reports.Count);
        Assert.Equal(new TorrentMakerProgress(all.Length, all.Length), reports.MaxBy(report => report.BytesDone));
    }

    [Fact]
    public async Task A_file_becomes_a_torrent_without_a_folder_and_with_the_given_options()
    {
        byte[] content = Fill("a.bin", 70_000);
        byte[] bytes = await TorrentMaker.MakeAsync(_temp["source", "a.bin"], new TorrentMakerOptions
        {
            Name = "other",
            TrackerTiers = [["http://127.0.0.1/announce"]],
            WebSeeds = ["http://127.0.0.1/"],
            IsPrivate = true,
            Comment = "why",
            Source = "S",
            CreatedBy = "us",
            CreationDate = DateTimeOffset.UnixEpoch.AddDays(1),
        }, null, Cancel);

        TorrentMetainfo metainfo = MetainfoReader.Read(bytes);
        Assert.False(metainfo.IsMultiFile);
        Assert.Equal(("other", 70_000L, PieceLengthChooser.Smallest), (metainfo.Name, metainfo.TotalSize, metainfo.PieceLength));
        Assert.Equal("http://127.0.0.1/announce", Assert.Single(Assert.Single(metainfo.TrackerTiers)));
        Assert.Equal("http://127.0.0.1/", Assert.Single(metainfo.WebSeeds));
        Assert.Equal((true, "why", "S", "us"), (metainfo.IsPrivate, metainfo.Comment, metainfo.Source, metainfo.CreatedBy));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(1), metainfo.CreationDate);
        Assert.Equal(SHA1.HashData(content.AsSpan(65536)), metainfo.PieceHash(4).ToArray());
    }

    [Fact]
    public async Task The_same_files_give_the_same_torrent()
    {
        Fill("b", 20_000);
        Fill("a/c", 20_000);
        byte[] first = await TorrentMaker.MakeAsync(_temp["source"] + "/", new TorrentMakerOptions(), null, Cancel);
        Assert.Equal(first, await TorrentMaker.MakeAsync(_temp["source"], new TorrentMakerOptions(), null, Cancel));
    }

    [Fact]
    public async Task A_missing_or_empty_source_is_refused_with_a_reason()
    {
        Directory.CreateDirectory(_temp["source", "sub"]);
        Fill("nothing", 0);
        string[] paths = [_temp["source"], _temp["source", "sub"], _temp["source", "nothing"], _temp["missing"],
            Path.GetPathRoot(_temp.Path)!];
        foreach (string path in paths)
        {
            var failure = await Assert.ThrowsAsync<StorageException>(() =>
                TorrentMaker.MakeAsync(path, new TorrentMakerOptions(), null, Cancel));
            Assert.Equal(TorrentErrorId.SourceNotReadable, failure.Error.Id);
        }
    }

    [Fact]
    public async Task Links_are_followed_but_not_in_a_circle()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        byte[] content = Fill("a/file", 20_000);
        Directory.CreateDirectory(_temp["linked"]);
        File.CreateSymbolicLink(_temp["linked", "1"], _temp["source", "a", "file"]);
        Directory.CreateSymbolicLink(_temp["linked", "2"], _temp["source", "a"]);
        TorrentMetainfo metainfo = MetainfoReader.Read(
            await TorrentMaker.MakeAsync(_temp["linked"], new TorrentMakerOptions { PieceLength = 32768 }, null, Cancel));
        Assert.Equal(["linked/1", "linked/2/file"], metainfo.Files.Select(file => file.Path));
        Assert.Equal(SHA1.HashData([.. content, .. content[..12_768]]), metainfo.PieceHash(0).ToArray());

        Directory.CreateSymbolicLink(_temp["source", "a", "circle"], _temp["source"]);
        var failure = await Assert.ThrowsAsync<StorageException>(() =>
            TorrentMaker.MakeAsync(_temp["source"], new TorrentMakerOptions(), null, Cancel));
        Assert.Contains("circle", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_are_kept_if_their_target_is_in_the_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        byte[] content = Fill("a/file", 20_000);
        File.CreateSymbolicLink(_temp["source", "a", "relative"], "../a/file");
        File.CreateSymbolicLink(_temp["source", "absolute"], _temp["source", "a", "file"]);
        Directory.CreateSymbolicLink(_temp["source", "folder"], "a");
        var options = new TorrentMakerOptions { PieceLength = 32768, KeepLinks = true };
        TorrentMetainfo metainfo = MetainfoReader.Read(await TorrentMaker.MakeAsync(_temp["source"], options, null, Cancel));

        Assert.Equal([null, "source/a/file", "source/a/file", "source/a"], metainfo.Files.Select(file => file.LinkTarget));
        Assert.Equal(SHA1.HashData(content), metainfo.PieceHash(0).ToArray());

        foreach (string target in (string[])["../../outside", "/etc/passwd", "missing", "..", "circle"])
        {
            File.CreateSymbolicLink(_temp["source", "a", "circle"], target);
            Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => TorrentMaker.MakeAsync(_temp["source"], options, null, Cancel));
            Assert.True(failure is StorageException or ArgumentException, target);
            Assert.Contains("circle", failure.Message, StringComparison.Ordinal);
            File.Delete(_temp["source", "a", "circle"]);
        }
    }

    [Fact]
    public async Task Executables_and_times_are_written_as_the_options_say()
    {
        Fill("a", 20_000);
        Fill("b", 20_000);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_temp["source", "a"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(_temp["source", "b"], DateTime.UnixEpoch.AddSeconds(1_000_000_000.5));
        TorrentFileAttributes executable = OperatingSystem.IsWindows() ? TorrentFileAttributes.None : TorrentFileAttributes.Executable;

        TorrentMetainfo plain = await MakeAsync(new TorrentMakerOptions { KeepAttributes = false });
        TorrentMetainfo usual = await MakeAsync(new TorrentMakerOptions());
        TorrentMetainfo timed = await MakeAsync(new TorrentMakerOptions { KeepLastWriteTimes = true });

        Assert.All(plain.Files, file => Assert.Equal(TorrentFileAttributes.None, file.Attributes));
        Assert.Equal([executable, TorrentFileAttributes.None], usual.Files.Select(file => file.Attributes));
        Assert.All(usual.Files, file => Assert.Null(file.LastWriteTime));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_000_000_000), timed.Files[1].LastWriteTime);

        async Task<TorrentMetainfo> MakeAsync(TorrentMakerOptions options) =>
            MetainfoReader.Read(await TorrentMaker.MakeAsync(_temp["source"], options, null, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8192)]
    [InlineData(20_000)]
    [InlineData(1 << 30)]
    public async Task A_piece_length_that_other_clients_refuse_is_refused(int pieceLength)
    {
        Fill("a", 10);
        await Assert.ThrowsAsync<ArgumentException>(() => TorrentMaker.MakeAsync(_temp["source"],
            new TorrentMakerOptions { PieceLength = pieceLength }, null, Cancel));
    }

    [Fact]
    public async Task It_can_be_cancelled_while_it_hashes()
    {
        Fill("a", 1_000_000);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TorrentMaker.MakeAsync(_temp["source"],
            new TorrentMakerOptions { PieceLength = 16384 }, new Reports([], cancelled.Cancel), cancelled.Token));
    }

    private byte[] Fill(string path, int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        string full = _temp["source", path];
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
        return content;
    }

    private sealed class Reports(List<TorrentMakerProgress> reports, Action? then = null) : IProgress<TorrentMakerProgress>
    {
        public void Report(TorrentMakerProgress value)
        {
            lock (reports)
                reports.Add(value);
            then?.Invoke();
        }
    }
}
