using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class TorrentStorageTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly FileHandlePool _pool = new(capacity: 3);

    public static TheoryData<int, long[]> Shapes => new()
    {
        { 16, [40] },
        { 16, [16, 16] },
        { 16, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] },
        { 16, [0, 5, 0, 0, 30, 0] },
        { 16, [3, -13, 20, -12, 1] },
        { 7, [-7, 1, 100, -3, 0, 50, 2] },
        { 64, [5, 6, 7] },
        { 5, [0] },
    };

    public static TheoryData<int, long[], long[]> ShapesWithGaps => new()
    {
        { 16, [0, 16, 48], [5, 20, 16] },
        { 16, [0, 5, 16, 32], [5, 0, 3, 1] },
        { 16, [0, 0, 16, 21, 32], [0, 16, -5, 0, 40] },
        { 16, [3, 100], [1, 7] },
        { 7, [0, 9, 11], [8, 1, 60] },
        { 16, [0, 40], [5, 0] },
    };

    public void Dispose() => _temp.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Pieces_are_written_to_the_files_and_can_be_read_again(int pieceLength, long[] lengths)
    {
        using TorrentStorage storage = Make(pieceLength, lengths);
        WriteAndRead(storage);
    }

    [Theory]
    [MemberData(nameof(ShapesWithGaps))]
    public void Bytes_between_files_are_zeros_and_are_not_stored(int pieceLength, long[] offsets, long[] lengths)
    {
        using TorrentStorage storage = Make(pieceLength, offsets, lengths);
        WriteAndRead(storage);
        Assert.Equal(
            storage.Layout.Files.Where(file => file.IsStored).Sum(file => file.Length),
            Directory.GetFiles(_temp["t"]).Sum(file => new FileInfo(file).Length));
    }

    [Fact]
    public void A_file_with_another_hard_link_is_copied_before_it_is_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Hard links are not detected on this system.");
        Directory.CreateDirectory(_temp["t"]);
        using TorrentStorage storage = Make(16, [0, 16], [16, 40]);
        byte[] content = Content(storage.Layout);
        storage.Write(0, content);
        storage.CloseFiles();
        string path = storage.Layout.Files[1].FullPath;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (var link = System.Diagnostics.Process.Start("ln", [path, _temp["backup"]]))
            link.WaitForExit();

        storage.Write(20, new byte[8]);
        storage.Write(28, new byte[8]);
        storage.CloseFiles();

        Assert.Equal(content[16..], File.ReadAllBytes(_temp["backup"]));
        byte[] read = new byte[40];
        storage.Read(16, read);
        Assert.Equal([.. content[16..20], .. new byte[16], .. content[36..]], read);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(2, Directory.GetFileSystemEntries(_temp["t"]).Length);
    }

    [Fact]
    public void A_skipped_file_behind_a_gap_goes_to_the_parts_file()
    {
        using TorrentStorage storage = Make(16, [0, 16], [5, 20]);
        storage.BeginApart(null, [FilePriority.Normal, FilePriority.Skip], storage.Stamps());
        byte[] content = Content(storage.Layout);
        storage.Write(0, content);

        byte[] read = new byte[content.Length];
        storage.Read(0, read);

        Assert.Equal(content, read);
        Assert.False(File.Exists(storage.Layout.Files[1].FullPath));
        Assert.True(storage.PossiblePieces(storage.Stamps()).IsFull);
        File.WriteAllBytes(storage.Layout.Files[1].FullPath, content[16..]);
        Assert.True(storage.AgreesWithParts(1));
    }

    private void WriteAndRead(TorrentStorage storage)
    {
        FileLayout layout = storage.Layout;
        byte[] content = Content(layout);
        var random = new Random(1);
        int[] order = [.. Enumerable.Range(0, layout.PieceCount)];
        random.Shuffle(order);

        storage.Prepare(null, [], storage.Stamps());
        foreach (int piece in order)
        {
            Span<byte> bytes = content.AsSpan((int)layout.PieceOffset(piece), layout.PieceSize(piece));
            if (random.Next(2) == 0)
                storage.Write(layout.PieceOffset(piece), bytes);
            else
                storage.Write(layout.PieceOffset(piece), Cut(bytes.ToArray(), random));
        }

        storage.Flush();
        Assert.InRange(_pool.OpenCount, 0, 3);
        CheckFiles(layout, content);
        Assert.True(storage.PossiblePieces(storage.Stamps()).IsFull);
        for (int i = 0; i < 50; i++)
        {
            int from = random.Next(content.Length + 1), to = random.Next(from, content.Length + 1);
            byte[] read = new byte[to - from];
            storage.Read(from, read);
            Assert.Equal(content[from..to], read);
        }
    }

    [Fact]
    public void One_write_may_span_everything_in_very_many_buffers()
    {
        using TorrentStorage storage = Make(1 << 20, [100_000, 0, 200_000, -50_000, 300_000]);
        byte[] content = Content(storage.Layout);
        var segments = new List<ReadOnlyMemory<byte>>();
        for (int at = 0; at < content.Length; at += 100)
            segments.Add(content.AsMemory(at, Math.Min(100, content.Length - at)));

        storage.Prepare(null, [], storage.Stamps());
        storage.Write(0, segments);
        CheckFiles(storage.Layout, content);
    }

    [Fact]
    public void A_file_is_closed_for_writing_with_the_last_of_its_pieces_whatever_their_order()
    {
        using TorrentStorage storage = Make(16, [40, 30, 26]);
        byte[] content = Content(storage.Layout);
        var here = new Bitfield(storage.Layout.PieceCount);
        string Path(int file) => storage.Layout.Files[file].FullPath;
        void Arrive(int piece)
        {
            long offset = storage.Layout.PieceOffset(piece);
            storage.Write(offset, content.AsSpan((int)offset, storage.Layout.PieceSize(piece)));
            here.Set(piece);
            storage.PieceVerified(piece, index => here[index]);
        }

        Arrive(2);
        Arrive(0);
        Assert.Equal([Path(0), Path(1)], OpenFiles.ForWriting(_temp.Path).Order());
        Arrive(1);
        Assert.Equal([Path(1)], OpenFiles.ForWriting(_temp.Path));
        Arrive(5);
        storage.Read(64, new byte[6]);
        Arrive(3);
        Arrive(4);
        Assert.Empty(OpenFiles.ForWriting(_temp.Path));
        storage.Flush();
        Assert.Empty(OpenFiles.ForWriting(_temp.Path));
        CheckFiles(storage.Layout, content);
    }

    [Fact]
    public void An_unused_file_is_closed_first_for_writing_then_for_reading()
    {
        using TorrentStorage storage = Make(16, [40]);
        storage.Write(0, Content(storage.Layout));
        _pool.CloseIdle();
        storage.Write(0, new byte[1]);
        _pool.CloseIdle();
        _pool.CloseIdle();
        Assert.Single(OpenFiles.ForWriting(_temp.Path));
        storage.Read(0, new byte[1]);
        _pool.CloseIdle();
        Assert.Empty(OpenFiles.ForWriting(_temp.Path));
        Assert.Single(OpenFiles.Open(_temp.Path));
        for (int i = 0; i < 20; i++)
            _pool.CloseIdle();

        Assert.Empty(OpenFiles.Open(_temp.Path));
        Assert.False(_pool.HasOpen);
        storage.Write(0, new byte[1]);
    }

    [Fact]
    public void A_file_deleted_or_truncated_while_closed_is_not_created_again()
    {
        using TorrentStorage storage = Make(16, [40, 40]);
        storage.Write(0, Content(storage.Layout));
        storage.EndWriting();
        File.Delete(storage.Layout.Files[0].FullPath);
        using (FileStream file = File.OpenWrite(storage.Layout.Files[1].FullPath))
            file.SetLength(39);

        Assert.Equal(TorrentErrorId.DiskReadFailed, Assert.Throws<StorageException>(() => storage.Write(0, new byte[1])).Error.Id);
        Assert.Equal(TorrentErrorId.DiskReadFailed, Assert.Throws<StorageException>(() => storage.Write(40, new byte[1])).Error.Id);
        Assert.False(File.Exists(storage.Layout.Files[0].FullPath));
        storage.CloseFiles();
        storage.Write(0, new byte[80]);
        Assert.Equal(40, new FileInfo(storage.Layout.Files[0].FullPath).Length);
    }

    [Fact]
    public void Without_sparse_files_a_far_byte_makes_the_file_be_filled_in_steps()
    {
        _pool.KnowsHoles = _ => false;
        using TorrentStorage storage = Make(1 << 20, [10 << 20, 100]);
        string path = storage.Layout.Files[0].FullPath;
        byte[] bytes = [1, 2, 3];

        Assert.True(Assert.Throws<StorageException>(() => storage.Write(9 << 20, bytes)).IsFilling);
        Assert.Equal(4 << 20, new FileInfo(path).Length);
        storage.Write(100, bytes);
        Assert.True(Assert.Throws<StorageException>(() => storage.Write(9 << 20, [bytes])).IsFilling);
        storage.EndWriting();
        storage.Write(9 << 20, bytes);
        storage.Write(10 << 20, bytes);

        Assert.Equal((9 << 20) + 3, new FileInfo(path).Length);
        byte[] expected = new byte[(9 << 20) + 3];
        bytes.CopyTo(expected, 100);
        bytes.CopyTo(expected, 9 << 20);
        Assert.True(TempFolder.ReadShared(path).AsSpan().SequenceEqual(expected));
        Assert.True(storage.PossiblePieces(storage.Stamps())[8]);
        Assert.False(storage.PossiblePieces(storage.Stamps())[9]);
    }

    [Theory]
    [InlineData("NTFS", false)]
    [InlineData("ReFS", false)]
    [InlineData("ext4", false)]
    [InlineData("apfs", false)]
    [InlineData(null, false)]
    [InlineData("exFAT", true)]
    [InlineData("FAT32", true)]
    [InlineData("vfat", true)]
    [InlineData("msdos", true)]
    public void File_systems_without_sparse_files_are_known_by_name(string? name, bool isWithout) => Assert.Equal(isWithout, SparseFile.IsWithoutHoles(name));

    [Fact]
    public void Files_are_created_at_full_length_when_first_written()
    {
        using TorrentStorage storage = Make(16, [100, 100, 0]);
        storage.Prepare(null, [], storage.Stamps());
        Assert.Equal([2], Existing(storage));

        storage.Write(150, [1]);
        Assert.Equal([1, 2], Existing(storage));
        Assert.Equal([null, 100, 0], storage.Stamps().Select(stamp => stamp?.Length));
        Assert.Equal(new byte[100], TempFolder.ReadShared(storage.Layout.Files[1].FullPath)
            .Select((b, i) => i == 50 ? (byte)(b - 1) : b));
    }

    [Fact]
    public void A_stale_file_that_is_longer_gets_the_right_length_when_it_is_written()
    {
        using TorrentStorage storage = Make(16, [10]);
        Directory.CreateDirectory(_temp["t"]);
        File.WriteAllBytes(_temp["t", "0"], new byte[50]);
        storage.Write(0, [7]);
        Assert.Equal(10, new FileInfo(_temp["t", "0"]).Length);
    }

    [Fact]
    public void A_missing_or_short_file_fails_reads_with_a_reason_and_its_pieces_cannot_be_good()
    {
        using TorrentStorage storage = Make(16, [20, 20, 20]);
        Directory.CreateDirectory(_temp["t"]);
        File.WriteAllBytes(_temp["t", "0"], new byte[20]);
        File.WriteAllBytes(_temp["t", "1"], new byte[12]);

        Assert.Equal([true, true, false, false], Bits(storage.PossiblePieces(storage.Stamps())));
        storage.Read(0, new byte[32]);
        var tooShort = Assert.Throws<StorageException>(() => storage.Read(30, new byte[8]));
        var missing = Assert.Throws<StorageException>(() => storage.Read(45, new byte[8]));
        Assert.Equal(TorrentErrorId.DiskReadFailed, tooShort.Error.Id);
        Assert.Equal(TorrentErrorId.DiskReadFailed, missing.Error.Id);
        Assert.Contains(_temp["t", "1"], tooShort.Error.Message, StringComparison.Ordinal);
        Assert.Contains(_temp["t", "2"], missing.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_can_be_read_first_and_written_later_while_others_read_it()
    {
        using TorrentStorage storage = Make(16, [20]);
        Directory.CreateDirectory(_temp["t"]);
        File.WriteAllBytes(_temp["t", "0"], new byte[20]);
        byte[] read = new byte[20];
        storage.Read(0, read);
        storage.Write(5, [1, 2, 3]);
        storage.Read(0, read);
        Assert.Equal([0, 1, 2, 3, 0], read[4..9]);
        Assert.Equal(read, TempFolder.ReadShared(_temp["t", "0"]));
        storage.CloseFiles();
        Assert.Equal(0, _pool.OpenCount);
        storage.Write(0, [9]);
        Assert.Equal(9, TempFolder.ReadShared(_temp["t", "0"])[0]);
    }

    [Fact]
    public void After_disposal_nothing_is_open_and_nothing_is_opened()
    {
        TorrentStorage storage = Make(16, [20, 20]);
        storage.Write(10, new byte[20]);
        Assert.Equal(2, _pool.OpenCount);
        storage.Dispose();
        Assert.Equal(0, _pool.OpenCount);
        Assert.Throws<ObjectDisposedException>(() => storage.Write(0, [1]));
        Assert.Throws<ObjectDisposedException>(() => storage.Read(0, new byte[1]));
    }

    [Fact]
    public async Task Many_threads_using_more_files_than_may_be_open_read_their_writes()
    {
        using TorrentStorage storage = Make(100, [.. Enumerable.Repeat(70L, 40)]);
        byte[] content = Content(storage.Layout);
        storage.Prepare(null, [], storage.Stamps());
        await Parallel.ForAsync(0, 28 * 50, new ParallelOptions
        {
            MaxDegreeOfParallelism = 4,
            CancellationToken = TestContext.Current.CancellationToken,
        }, (i, _) =>
        {
            int from = i % 28 * 100;
            storage.Write(from, content.AsSpan(from, 100));
            byte[] read = new byte[100];
            storage.Read(from, read);
            Assert.Equal(content[from..(from + 100)], read);
            return ValueTask.CompletedTask;
        });
        Assert.InRange(_pool.OpenCount, 1, 3 + 4);
        CheckFiles(storage.Layout, content);
    }

    [Fact]
    public void Flushing_does_not_restore_a_removed_file()
    {
        using TorrentStorage storage = Make(16, [20]);
        storage.Write(0, [1]);
        storage.CloseFiles();
        File.Delete(_temp["t", "0"]);
        storage.Flush();
        Assert.False(File.Exists(_temp["t", "0"]));
    }

    [Fact]
    public void A_folder_removed_during_a_run_is_created_again()
    {
        using TorrentStorage storage = Make(16, [20, 20]);
        storage.Write(0, new byte[20]);
        Directory.Delete(_temp["t"], recursive: true);
        storage.Write(20, new byte[20]);
        Assert.True(File.Exists(_temp["t", "1"]));
    }

    [Fact]
    [NeedsLinks]
    public void Nothing_is_written_through_a_link_to_a_file_or_folder()
    {
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateDirectory(_temp["t"]);
        Directory.CreateSymbolicLink(_temp["t", "folder"], _temp["elsewhere"]);
        File.CreateSymbolicLink(_temp["t", "file"], _temp["elsewhere", "victim"]);
        var layout = new FileLayout(_temp.Path, "t", 16,
            [("t/folder/a", 5, true), ("t/file", 5, true), ("t/folder/deep/b", 5, true), ("t/good", 5, true)]);
        using var storage = new TorrentStorage(layout, _pool);

        for (int i = 0; i < 3; i++)
        {
            var refused = Assert.Throws<StorageException>(() => storage.Write(i * 5, [1]));
            Assert.Equal(TorrentErrorId.DestinationNotWritable, refused.Error.Id);
        }

        storage.Write(15, [1]);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["elsewhere"]));
    }

    [Fact]
    [NeedsLinks]
    public void A_folder_that_becomes_a_link_during_a_run_is_not_written_through()
    {
        Directory.CreateDirectory(_temp["elsewhere"]);
        File.WriteAllText(_temp["elsewhere", "b"], "mine");
        var layout = new FileLayout(_temp.Path, "t", 16, [("t/folder/a", 4, true), ("t/folder/b", 4, true)]);
        using var storage = new TorrentStorage(layout, _pool);
        storage.Write(0, "data"u8);
        storage.CloseFiles();
        Directory.Move(_temp["t", "folder"], _temp["moved"]);
        Directory.CreateSymbolicLink(_temp["t", "folder"], _temp["elsewhere"]);

        // The folder was checked and was not a link then: only the opened file's own location can tell.
        StorageException fault = Assert.Throws<StorageException>(() => storage.Write(4, "evil"u8));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fault.Error.Id);
        Assert.Equal("mine", File.ReadAllText(_temp["elsewhere", "b"]));
    }

    [Fact]
    public async Task A_folder_replaced_by_a_link_in_a_race_gets_no_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "This system does not report the holes of a file.");
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateDirectory(_temp["t"]);
        using var stop = new CancellationTokenSource();
        Task swapping = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    Put(_temp["t", "folder"], isLink: true);
                    Put(_temp["t", "folder"], isLink: false);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            var layout = new FileLayout(_temp.Path, "t", 16, [($"t/folder/{i % 7}", 4, true)]);
            using var storage = new TorrentStorage(layout, _pool);
            try
            {
                storage.Write(0, "data"u8);
            }
            catch (StorageException)
            {
                refused++;
            }
        }

        await stop.CancelAsync();
        await swapping;
        Assert.InRange(refused, 0, 3000);
        Assert.Empty(Directory.EnumerateFiles(_temp["elsewhere"]));
    }

    [Fact]
    [NeedsLinks]
    public void The_destination_itself_may_be_a_link()
    {
        Directory.CreateDirectory(_temp["real"]);
        Directory.CreateSymbolicLink(_temp["link"], _temp["real"]);
        using var storage = new TorrentStorage(new FileLayout(_temp["link"], "f", 16, [("f", 3, true)]), _pool);
        storage.Write(0, [1, 2, 3]);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_temp["real", "f"]));
    }

    [Fact]
    public void Unwritten_bytes_are_a_hole_if_the_system_reports_holes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux always reports this.");
        using TorrentStorage storage = Make(1 << 20, [4 << 20, -(1 << 20)]);
        storage.Write(2 << 20, [1]);
        Assert.True(storage.IsHole(0, 1 << 20));
        Assert.False(storage.IsHole(0, 3 << 20));
        Assert.True(storage.IsHole(3 << 20, 2 << 20));
    }

    private static bool[] Bits(Bitfield field) => [.. Enumerable.Range(0, field.Length).Select(i => field[i])];

    private static List<ReadOnlyMemory<byte>> Cut(byte[] bytes, Random random)
    {
        var segments = new List<ReadOnlyMemory<byte>>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = random.Next(0, bytes.Length - at + 1);
            segments.Add(bytes.AsMemory(at, length));
            at += length;
        }

        return segments;
    }

    private static byte[] Content(FileLayout layout)
    {
        byte[] content = new byte[layout.TotalSize];
        var random = new Random(42);
        foreach (StorageFile file in layout.Files.Where(file => file.IsStored))
            random.NextBytes(content.AsSpan((int)file.Offset, (int)file.Length));
        return content;
    }

    private static void CheckFiles(FileLayout layout, byte[] content)
    {
        foreach (StorageFile file in layout.Files)
        {
            Assert.Equal(file.IsStored, File.Exists(file.FullPath));
            if (file.IsStored)
                Assert.Equal(content[(int)file.Offset..(int)file.End], TempFolder.ReadShared(file.FullPath));
        }
    }

    private static int[] Existing(TorrentStorage storage) => [.. Enumerable.Range(0, storage.Layout.Files.Count)
        .Where(i => File.Exists(storage.Layout.Files[i].FullPath))];

    private void Put(string path, bool isLink)
    {
        try
        {
            if (new FileInfo(path).LinkTarget is not null)
                File.Delete(path);
            else if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            if (isLink)
                Directory.CreateSymbolicLink(path, _temp["elsewhere"]);
            else
                Directory.CreateDirectory(path);
        }
        catch (IOException)
        {
            // The other side was faster.
        }
    }

    /// <summary>Files t/0, t/1, ... with the given offsets and lengths; a negative length is padding.</summary>
    private TorrentStorage Make(int pieceLength, long[] offsets, long[] lengths) => new(new FileLayout(
        _temp.Path, "t", pieceLength,
        lengths.Select((length, i) => ($"t/{i}", (string?)null, offsets[i], Math.Abs(length), length >= 0))), _pool);

    /// <summary>Files t/0, t/1, ... with the given lengths, one after the other; a negative length is padding.</summary>
    private TorrentStorage Make(int pieceLength, long[] lengths) => new(new FileLayout(
        _temp.Path, "t", pieceLength, lengths.Select((length, i) => ($"t/{i}", Math.Abs(length), length >= 0))), _pool);
}
