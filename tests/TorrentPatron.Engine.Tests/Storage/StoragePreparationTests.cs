using System.Diagnostics;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class StoragePreparationTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly FileHandlePool _pool = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_destination_and_wanted_empty_files_are_created()
    {
        using TorrentStorage storage = Make(_temp["a", "b"], 0, 5, 0);
        storage.Prepare(null, [FilePriority.Normal, FilePriority.Normal, FilePriority.Skip], storage.Stamps());
        Assert.Equal([_temp["a", "b", "t"], _temp["a", "b", "t", "0"]],
            Directory.GetFileSystemEntries(_temp["a", "b"], "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public void A_lack_of_space_is_reported_before_anything_is_written_and_leaves_nothing_behind()
    {
        using TorrentStorage storage = Make(_temp["a", "b"], 0, 1L << 58);
        var failure = Assert.Throws<StorageException>(() => storage.Prepare(null, [], storage.Stamps()));
        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, failure.Error.Id);
        Assert.NotEmpty(failure.Error.Remedy);
        Assert.Empty(Directory.GetFileSystemEntries(_temp.Path));
    }

    [Fact]
    public void Skipped_and_verified_data_needs_no_space()
    {
        using TorrentStorage storage = Make(_temp.Path, 1L << 50, 1 << 30);
        storage.Prepare(null, [FilePriority.Skip, FilePriority.Normal], storage.Stamps());

        var verified = new Bitfield(storage.Layout.PieceCount);
        (int first, int count) = storage.Layout.PiecesOfFile(0);
        for (int piece = first; piece < first + count; piece++)
            verified.Set(piece);
        storage.Prepare(verified, [], storage.Stamps());
    }

    [Fact]
    public void A_destination_that_is_a_file_is_not_writable_and_left_as_it_is()
    {
        File.WriteAllText(_temp["file"], "mine");
        using TorrentStorage storage = Make(_temp["file", "below"], 5);
        var failure = Assert.Throws<StorageException>(() => storage.Prepare(null, [], storage.Stamps()));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, failure.Error.Id);
        Assert.Equal("mine", File.ReadAllText(_temp["file"]));
    }

    [Fact]
    public void An_unwritable_folder_is_reported_unless_all_data_exists()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Permissions do not restrict root.");
        using TorrentStorage storage = Make(_temp.Path, 5);
        Directory.CreateDirectory(_temp["t"]);
        SetMode(_temp["t"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            var failure = Assert.Throws<StorageException>(() => storage.Prepare(null, [], storage.Stamps()));
            Assert.Equal(TorrentErrorId.DestinationNotWritable, failure.Error.Id);
            var all = new Bitfield(1);
            all.SetAll();
            storage.Prepare(all, [], storage.Stamps());
        }
        finally
        {
            SetMode(_temp["t"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_torrents_folder_that_is_a_link_is_refused_and_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateSymbolicLink(_temp["t"], _temp["elsewhere"]);
        DateTime before = Directory.GetLastWriteTimeUtc(_temp["elsewhere"]);
        var layout = new FileLayout(_temp.Path, "t", 16, [("t/a", 5, true)]);

        using var storage = new TorrentStorage(layout, _pool);
        StorageException fault = Assert.Throws<StorageException>(() => storage.Prepare(null, [], storage.Stamps()));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fault.Error.Id);
        Assert.Equal(before, Directory.GetLastWriteTimeUtc(_temp["elsewhere"]));
    }

    [Fact]
    [NotOnWindows("Windows takes paths of 32,767 characters, more than a torrent may have.")]
    public void A_path_too_long_for_the_system_is_reported_before_anything_is_created()
    {
        string deep = string.Join('/', Enumerable.Repeat(new string('d', 250), 20));
        var layout = new FileLayout(_temp["new"], "t", 16, [("t/a", 5, true), ($"t/{deep}/b", 5, true)]);

        using var storage = new TorrentStorage(layout, _pool);
        StorageException fault = Assert.Throws<StorageException>(() => storage.Prepare(null, [], storage.Stamps()));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fault.Error.Id);
        Assert.False(Directory.Exists(_temp["new"]));
    }

    [Fact]
    public void A_link_in_the_path_of_an_empty_file_is_refused_and_created_files_are_removed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(_temp["t"]);
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateSymbolicLink(_temp["t", "link"], _temp["elsewhere"]);
        var layout = new FileLayout(_temp.Path, "t", 16, [("t/made/a", 0, true), ("t/link/b", 0, true)]);
        using var storage = new TorrentStorage(layout, _pool);
        Assert.Throws<StorageException>(() => storage.Prepare(null, [], storage.Stamps()));
        Assert.Equal([_temp["t", "link"]], Directory.GetFileSystemEntries(_temp["t"]));
        Assert.Empty(Directory.GetFileSystemEntries(_temp["elsewhere"]));
    }

    [Fact]
    public void A_full_disk_is_reported_as_such_by_preparation_and_by_writing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can mount a tmpfs.");
        string mount = Directory.CreateDirectory(_temp["small"]).FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=1m", "none", mount), "A tmpfs cannot be mounted on this machine.");
        try
        {
            using (TorrentStorage large = Make(mount, 2 << 20))
            {
                var early = Assert.Throws<StorageException>(() => large.Prepare(null, [], large.Stamps()));
                Assert.Equal(TorrentErrorId.InsufficientDiskSpace, early.Error.Id);
            }

            Assert.Empty(Directory.GetFileSystemEntries(mount));

            using TorrentStorage storage = Make(mount, 900 << 10);
            storage.Prepare(null, [], storage.Stamps());
            File.WriteAllBytes(Path.Combine(mount, "other"), new byte[300 << 10]);
            byte[] bytes = new byte[900 << 10];
            var plain = Assert.Throws<StorageException>(() => storage.Write(0, bytes));
            var gathered = Assert.Throws<StorageException>(() => storage.Write(0, [bytes.AsMemory(0, 10), bytes.AsMemory(10)]));
            Assert.Equal(TorrentErrorId.InsufficientDiskSpace, plain.Error.Id);
            Assert.Equal(TorrentErrorId.InsufficientDiskSpace, gathered.Error.Id);

            // Allocated data needs no more space.
            File.Delete(Path.Combine(mount, "other"));
            storage.Write(0, bytes);
            storage.Prepare(new Bitfield(storage.Layout.PieceCount), [], storage.Stamps());
        }
        finally
        {
            Assert.True(Run("umount", "-l", mount));
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }

    private TorrentStorage Make(string destination, params long[] lengths)
    {
        int pieceLength = (int)Math.Max(16384, lengths.Max() >> 20);
        if (lengths.Max() > 1L << 50)
            pieceLength = 1 << 30;
        return new(new FileLayout(destination, "t", pieceLength, lengths.Select((length, i) => ($"t/{i}", length, true))), _pool);
    }
}
