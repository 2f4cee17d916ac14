using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>A torrent's data is found in a folder without starting the torrent, also under different names.</summary>
public sealed class DataMatcherTests : IDisposable
{
    private const int Piece = 16 * 1024;

    private static readonly (string Path, int Length)[] Files =
        [("a/big.bin", (5 * Piece) + 100), ("a/small.txt", 200), ("b/middle.bin", Piece + 900), ("b/tiny.txt", 200), ("empty", 0), ("z.bin", 2 * Piece)];

    private readonly TempFolder _temp = new();

    public static TheoryData<MetainfoVersion> Versions => [MetainfoVersion.V1, MetainfoVersion.V2, MetainfoVersion.Hybrid];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Data_is_found_from_its_parent_folder_and_from_its_own(MetainfoVersion version)
    {
        TorrentMetainfo torrent = await MakeAsync(version);

        foreach (string folder in (string[])[_temp.Path, _temp["data"]])
        {
            DataMatch match = await MatchAsync(torrent, folder);

            Assert.True(match.IsComplete, folder);
            Assert.Equal(Files.Select(file => "data/" + file.Path), match.Files.Select(file => file.Path));
            Assert.All(match.Files, file => Assert.True(file.IsComplete && !file.IsRenamed, file.Path));
            Assert.Equal(Files.Select(file => _temp["data", file.Path]), match.Files.Select(file => file.FoundPath));
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Files_that_were_renamed_are_found_by_size_and_hash(MetainfoVersion version)
    {
        TorrentMetainfo torrent = await MakeAsync(version);
        Directory.CreateDirectory(_temp["other", "deep"]);
        for (int i = 0; i < Files.Length; i++)
            File.Move(_temp["data", Files[i].Path], _temp["other", i % 2 == 0 ? "deep" : ".", $"{Files.Length - i}.dat"]);
        // Files of the same sizes that are not the torrent's.
        File.WriteAllBytes(_temp["other", "0.dat"], Bytes(7, 200));
        File.WriteAllBytes(_temp["other", "big.bin"], Bytes(8, (5 * Piece) + 100));

        DataMatch match = await MatchAsync(torrent, _temp["other"]);

        Assert.True(match.IsComplete, string.Join(' ', match.BadPieces));
        Assert.All(match.Files.Where(file => file.Length > 0), file => Assert.True(file.IsRenamed && file.IsComplete, file.Path));
        Assert.Equal(Path.GetFullPath(_temp["other", "deep", "6.dat"]), match.Files[0].FoundPath);
        Assert.Equal(Path.GetFullPath(_temp["other", "5.dat"]), match.Files[1].FoundPath);
        Assert.Equal(Path.GetFullPath(_temp["other", "3.dat"]), match.Files[3].FoundPath);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_wrong_byte_makes_its_piece_bad_and_no_other(MetainfoVersion version)
    {
        TorrentMetainfo torrent = await MakeAsync(version);
        Change("a/big.bin", 2 * Piece);

        DataMatch match = await MatchAsync(torrent, _temp.Path);

        Assert.False(match.IsComplete);
        Assert.Equal(2, Assert.Single(match.BadPieces));
        Assert.Equal(["data/a/big.bin"], match.Files.Where(file => !file.IsComplete).Select(file => file.Path));
        Assert.Equal((4 * Piece) + 100, match.Files[0].CompletedSize);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_missing_file_is_reported_missing_and_the_others_are_found(MetainfoVersion version)
    {
        TorrentMetainfo torrent = await MakeAsync(version);
        File.Delete(_temp["data", "b", "middle.bin"]);

        DataMatch match = await MatchAsync(torrent, _temp.Path);

        Assert.Null(match.Files[2].FoundPath);
        Assert.Equal(0, match.Files[2].CompletedSize);
        Assert.False(match.IsComplete);
        // In version 1 adjacent files share pieces with it.
        Assert.Equal(version == MetainfoVersion.V1, !match.Files[1].IsComplete);
        Assert.True(match.Files[0].CompletedSize >= 5 * Piece);
        Assert.Equal(2, match.BadPieces.Count);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_good_copy_elsewhere_is_used_if_the_file_at_the_expected_path_is_bad(MetainfoVersion version)
    {
        TorrentMetainfo torrent = await MakeAsync(version);
        foreach (string path in (string[])["z.bin", "b/tiny.txt"])
        {
            File.Copy(_temp["data", path], _temp["data", "copy of " + Path.GetFileName(path)]);
            File.WriteAllBytes(_temp["data", path], Bytes(9, (int)new FileInfo(_temp["data", path]).Length));
        }

        DataMatch match = await MatchAsync(torrent, _temp.Path);

        Assert.True(match.IsComplete, string.Join(' ', match.BadPieces));
        Assert.Equal(["data/b/tiny.txt", "data/z.bin"], match.Files.Where(file => file.IsRenamed).Select(file => file.Path));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_truncated_file_counts_up_to_its_end(MetainfoVersion version)
    {
        TorrentMetainfo torrent = await MakeAsync(version);
        using (FileStream file = File.OpenWrite(_temp["data", "a", "big.bin"]))
            file.SetLength((3 * Piece) + 5);

        DataMatch match = await MatchAsync(torrent, _temp.Path);

        Assert.Equal(3 * Piece, match.Files[0].CompletedSize);
        Assert.Equal([3, 4, 5], match.BadPieces);
    }

    [Fact]
    public async Task One_file_is_found_by_its_path_whatever_its_name()
    {
        Write("single.bin", (3 * Piece) + 1);
        TorrentMetainfo torrent = MetainfoReader.Read(
            await TorrentMaker.MakeAsync(_temp["data", "single.bin"], new TorrentMakerOptions { PieceLength = Piece }, null, Cancel));
        File.Move(_temp["data", "single.bin"], _temp["data", "other name"]);

        DataMatch match = await MatchAsync(torrent, _temp["data", "other name"]);

        Assert.True(match.IsComplete);
        Assert.True(match.Files[0].IsRenamed);
    }

    [Theory]
    [InlineData("right")]
    [InlineData("none")]
    [InlineData("wrong")]
    public async Task Small_files_that_share_a_piece_are_found_by_their_SHA1_and_a_wrong_one_hides_nothing(string named)
    {
        byte[][] content = [Bytes(1, 200), Bytes(2, 200), Bytes(3, 200)];
        // Three among thirteen are too many combinations to try; three among four are not.
        int others = named == "wrong" ? 1 : 10;
        for (int i = 0; i < others; i++)
            File.WriteAllBytes(_temp[$"a{i}.dat"], Bytes(10 + i, 200));
        for (int i = 0; i < content.Length; i++)
            File.WriteAllBytes(_temp[$"b{i}.dat"], content[i]);
        TorrentMetainfo torrent = Named(content, named switch
        {
            "right" => i => SHA1.HashData(content[i]),
            "wrong" => _ => SHA1.HashData(Bytes(10, 200)),
            _ => _ => null,
        });

        DataMatch match = await MatchAsync(torrent, _temp.Path);

        Assert.Equal(named != "none", match.IsComplete);
        if (named != "none")
            Assert.Equal(Enumerable.Range(0, 3).Select(i => _temp[$"b{i}.dat"]), match.Files.Select(file => file.FoundPath));
    }

    [Fact]
    public async Task A_small_file_beside_a_missing_one_is_found_by_its_SHA1_but_does_not_count()
    {
        byte[][] content = [Bytes(1, 200), Bytes(2, 300)];
        File.WriteAllBytes(_temp["any.dat"], content[0]);

        DataMatch match = await MatchAsync(Named(content, i => SHA1.HashData(content[i])), _temp.Path);

        Assert.Equal([_temp["any.dat"], null], match.Files.Select(file => file.FoundPath));
        Assert.Equal([0, 0], match.Files.Select(file => file.CompletedSize));
        Assert.Equal([0], match.BadPieces);
    }

    [Fact]
    public async Task Links_are_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        TorrentMetainfo torrent = await MakeAsync(MetainfoVersion.V1);
        Directory.CreateDirectory(_temp["links"]);
        File.CreateSymbolicLink(_temp["links", "z.bin"], _temp["data", "z.bin"]);
        Directory.CreateSymbolicLink(_temp["links", "a"], _temp["data", "a"]);

        DataMatch match = await MatchAsync(torrent, _temp["links"]);

        Assert.All(match.Files, file => Assert.Null(file.FoundPath));
        Assert.Equal(torrent.PieceCount, match.BadPieces.Count);
    }

    [Fact]
    public async Task A_missing_folder_is_refused_and_matching_can_be_cancelled()
    {
        TorrentMetainfo torrent = await MakeAsync(MetainfoVersion.V1);
        StorageException failure = await Assert.ThrowsAsync<StorageException>(() => MatchAsync(torrent, _temp["missing"]));
        Assert.Equal(TorrentErrorId.SourceNotReadable, failure.Error.Id);

        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DataMatcher.MatchAsync(
            torrent, _temp.Path, new Progress(_ => cancelled.Cancel()), cancelled.Token));
    }

    [Fact]
    public async Task Progress_ends_with_everything()
    {
        TorrentMetainfo torrent = await MakeAsync(MetainfoVersion.V1);
        var reports = new List<DataMatchProgress>();
        await DataMatcher.MatchAsync(torrent, _temp.Path, new Progress(report =>
        {
            lock (reports)
                reports.Add(report);
        }), Cancel);

        Assert.Equal(new DataMatchProgress(torrent.TotalSize, torrent.TotalSize), reports.MaxBy(report => report.BytesDone));
    }

    public void Dispose() => _temp.Dispose();

    private static Task<DataMatch> MatchAsync(TorrentMetainfo torrent, string folder) => DataMatcher.MatchAsync(torrent, folder, null, Cancel);

    /// <summary>A v1 torrent with files in one piece that names the SHA-1 of each (BEP 47), or the given value.</summary>
    private static TorrentMetainfo Named(byte[][] content, Func<int, byte[]?> sha1)
    {
        string files = string.Concat(content.Select((bytes, i) =>
            $"d6:lengthi{bytes.Length}e4:pathl1:{i}e{(sha1(i) is { } hash ? $"4:sha120:{Encoding.Latin1.GetString(hash)}" : "")}e"));
        string pieces = Encoding.Latin1.GetString(SHA1.HashData([.. content.SelectMany(bytes => bytes)]));
        return MetainfoReader.Read(Encoding.Latin1.GetBytes($"d4:infod5:filesl{files}e4:name4:data12:piece lengthi{Piece}e6:pieces20:{pieces}ee"));
    }

    private async Task<TorrentMetainfo> MakeAsync(MetainfoVersion version)
    {
        foreach ((string path, int length) in Files)
            Write(path, length);
        return MetainfoReader.Read(
            await TorrentMaker.MakeAsync(_temp["data"], new TorrentMakerOptions { PieceLength = Piece, Version = version }, null, Cancel));
    }

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void Write(string path, int length)
    {
        string full = _temp["data", path];
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, Bytes(path.Length + length, length));
    }

    private void Change(string path, int offset)
    {
        byte[] bytes = File.ReadAllBytes(_temp["data", path]);
        bytes[offset] ^= 1;
        File.WriteAllBytes(_temp["data", path], bytes);
    }

    private sealed class Progress(Action<DataMatchProgress> report) : IProgress<DataMatchProgress>
    {
        public void Report(DataMatchProgress value) => report(value);
    }
}
