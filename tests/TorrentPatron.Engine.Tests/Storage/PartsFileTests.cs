using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class PartsFileTests : IDisposable
{
    private const int Piece = 1000;

    private readonly TempFolder _temp = new();
    private readonly FileHandlePool _pool = new();
    private readonly FileLayout _layout;
    private PartsFile _parts;

    public PartsFileTests()
    {
        _layout = new FileLayout(_temp.Path, "t", Piece, [("t/a", 99 * Piece, true), ("t/b", 500, true)], ".torrent");
        _parts = Open();
    }

    public void Dispose()
    {
        _parts.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public void There_is_no_file_before_the_first_byte()
    {
        Assert.False(_parts.Has(3));
        Assert.False(_parts.TryRead(3 * Piece, new byte[10]));
        _parts.Flush();
        _parts.Delete();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temp.Path));
    }

    [Fact]
    public void Written_pieces_can_be_read_again_and_the_file_is_only_as_large_as_they_are()
    {
        // The end of one piece, the beginning of the next, and a shorter one far behind them.
        Write((41 * Piece) - 10, 30);
        Write((99 * Piece) + 480, 20);
        Reopen();

        AssertExists((41 * Piece) - 10, 30);
        AssertExists((99 * Piece) + 480, 20);
        Assert.Equal(
            [40, 41, 99], Enumerable.Range(0, _layout.PieceCount).Where(_parts.Has));
        byte[] before = [.. Enumerable.Repeat((byte)1, 20)];
        Assert.True(_parts.TryRead(41 * Piece - 30, before));
        Assert.Equal(new byte[20], before);
        Assert.InRange(new FileInfo(_layout.PartsPath).Length, 2500, 3000);
    }

    [Fact]
    public void A_damaged_record_loses_only_its_piece_and_its_space_is_reused()
    {
        for (int piece = 0; piece < 4; piece++)
            Write(piece * Piece, 100);
        _parts.Dispose();
        byte[] bytes = File.ReadAllBytes(_layout.PartsPath);
        int length = bytes.Length;
        bytes[128 + Piece + 16] ^= 1;
        File.WriteAllBytes(_layout.PartsPath, bytes);
        Reopen();

        Assert.Equal([0, 2, 3], Enumerable.Range(0, 9).Where(_parts.Has));
        AssertExists(3 * Piece, 100);
        Write(7 * Piece, 100);
        Assert.Equal(length, new FileInfo(_layout.PartsPath).Length);
        Reopen();
        Assert.Equal([0, 2, 3, 7], Enumerable.Range(0, 9).Where(_parts.Has));
        AssertExists(0, 100);
        AssertExists(7 * Piece, 100);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(100, 1)]
    [InlineData(1300, 1)]
    [InlineData(2500, 2)]
    public void Truncated_records_are_missing(int length, int pieces)
    {
        for (int piece = 0; piece < 4; piece++)
            Write(piece * Piece, 100);
        _parts.Dispose();
        using (var file = new FileStream(_layout.PartsPath, FileMode.Open))
            file.SetLength(length);
        Reopen();

        Assert.Equal(length < 1000 ? 0 : pieces, Enumerable.Range(0, 9).Count(_parts.Has));
        if (length is 0 or > 1000)
        {
            Write(8 * Piece, 100);
            Reopen();
            AssertExists(8 * Piece, 100);
        }
    }

    [Fact]
    public void A_header_that_a_crash_has_left_as_zeros_is_written_again()
    {
        Write(0, 10);
        _parts.Dispose();
        byte[] bytes = File.ReadAllBytes(_layout.PartsPath);
        bytes.AsSpan(0, 128).Clear();
        File.WriteAllBytes(_layout.PartsPath, bytes);
        Reopen();

        AssertExists(0, 10);
        Write(Piece, 10);
        Assert.NotEqual(0, TempFolder.ReadShared(_layout.PartsPath)[0]);
    }

    [Fact]
    public void A_file_of_a_different_torrent_does_not_count_and_is_neither_written_nor_deleted()
    {
        var other = new FileLayout(_temp.Path, "t", Piece, [("t/a", 99 * Piece, true)], ".other");
        using (var parts = new PartsFile(other, _pool))
            parts.Write(0, new byte[10]);
        File.Move(other.PartsPath, _layout.PartsPath);
        byte[] bytes = File.ReadAllBytes(_layout.PartsPath);

        Assert.False(_parts.Has(0));
        Assert.Equal(TorrentErrorId.ForeignFile, Assert.Throws<StorageException>(() => Write(0, 10)).Error.Id);
        _parts.Delete();
        Assert.Equal(bytes, File.ReadAllBytes(_layout.PartsPath));
    }

    [Fact]
    public void Nothing_is_written_through_a_link_and_the_link_stays()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        File.WriteAllText(_temp["mine"], "");
        File.CreateSymbolicLink(_layout.PartsPath, _temp["mine"]);

        Assert.Throws<StorageException>(() => Write(0, 10));
        _parts.Delete();
        Assert.Equal("", File.ReadAllText(_temp["mine"]));
        Assert.NotNull(new FileInfo(_layout.PartsPath).LinkTarget);
    }

    [Fact]
    public void It_can_be_deleted_and_created_again()
    {
        Write(0, 10);
        _parts.Delete();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temp.Path));
        Assert.False(_parts.Has(0));
        Write(Piece, 10);
        AssertExists(Piece, 10);
    }

    private static byte[] Bytes(long offset, int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(((offset + i) % 251) + 1))];

    private PartsFile Open() => new(_layout, _pool);

    private void Reopen()
    {
        _parts.Dispose();
        _parts = Open();
    }

    private void Write(long offset, int count) => _parts.Write(offset, Bytes(offset, count));

    private void AssertExists(long offset, int count)
    {
        byte[] there = new byte[count];
        Assert.True(_parts.TryRead(offset, there));
        Assert.Equal(Bytes(offset, count), there);
    }
}
