using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.State;

/// <summary>A state folder that somebody else has filled: it came in an archive, or others can write to it.</summary>
public sealed class HostileStateTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly StateFolder _states;
    private readonly TorrentMetainfo _torrent = Torrents.Make(pieces: 20);

    public HostileStateTests()
    {
        _states = new StateFolder(_temp["state"]);
        File.WriteAllText(_temp["victim"], "precious");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Folder => _temp["state", _torrent.TorrentId.ToString()];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("claim")]
    [InlineData("journal")]
    [InlineData("resume")]
    [InlineData("resume.new")]
    [InlineData("metainfo.torrent")]
    [InlineData("metainfo.torrent.new")]
    [InlineData("magnet")]
    [InlineData("../paths")]
    [InlineData("../dht")]
    [InlineData("../dht.new")]
    public void Nothing_is_written_through_a_link_in_place_of_a_state_file(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(Folder);
        File.CreateSymbolicLink(Path.Combine(Folder, name), _temp["victim"]);
        UseEverything();
        Assert.Equal("precious", File.ReadAllText(_temp["victim"]));
    }

    [Fact]
    public void Nothing_is_written_through_a_link_in_place_of_a_torrents_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(_temp["state"]);
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateSymbolicLink(Folder, _temp["elsewhere"]);
        Assert.Equal(TorrentErrorId.StateNotWritable, Assert.Throws<TorrentException>(() => _states.Open(_torrent)).Error.Id);
        _states.Enumerate();
        Assert.Empty(Directory.GetFileSystemEntries(_temp["elsewhere"]));
    }

    [Fact]
    public void The_state_folder_itself_may_be_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateSymbolicLink(_temp["state"], _temp["elsewhere"]);
        UseEverything();
        Assert.True(File.Exists(_temp["elsewhere", _torrent.TorrentId.ToString(), "resume"]));
    }

    [Theory]
    [InlineData("claim")]
    [InlineData("journal")]
    [InlineData("resume")]
    [InlineData("resume.new")]
    [InlineData("metainfo.torrent")]
    [InlineData("magnet")]
    [InlineData("../paths")]
    [InlineData("../dht")]
    public async Task A_pipe_in_place_of_a_state_file_does_not_block(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "This system has no named pipes in its file system.");
        Directory.CreateDirectory(Folder);
        Assert.Equal(0, MkFifo(Path.Combine(Folder, name), 0x180));
        await Task.Run(UseEverything, Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
    }

    [Fact]
    public void A_hard_link_is_not_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "This system does not report it.");
        Directory.CreateDirectory(Folder);
        Assert.Equal(0, Link(_temp["victim"], Path.Combine(Folder, "claim")));
        Assert.Equal(TorrentErrorId.StateNotWritable, Assert.Throws<TorrentException>(() => _states.Open(_torrent)).Error.Id);
        Assert.Equal("precious", File.ReadAllText(_temp["victim"]));
    }

    [Fact]
    public void A_world_writable_folder_is_refused_unless_it_is_sticky()
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode All = (UnixFileMode)0x1FF;
        Directory.CreateDirectory(_temp["state"]);
        File.SetUnixFileMode(_temp["state"], All);
        TorrentException refused = Assert.Throws<TorrentException>(() => _states.Open(_torrent));
        Assert.Equal(TorrentErrorId.StateNotWritable, refused.Error.Id);
        Assert.Contains("Every user", refused.Error.Message);
        Assert.Contains("a folder inside it", refused.Error.Remedy);
        new StateFolder(_temp["state", "inside"]).Open(_torrent).Dispose();

        File.SetUnixFileMode(_temp["state"], All | UnixFileMode.StickyBit);
        _states.Open(_torrent).Dispose();
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Files_of_another_user_are_neither_read_nor_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can change the owner of files.");
        if (!OperatingSystem.IsLinux())
            return;
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data());
        Assert.NotNull(_states.Find(_torrent.TorrentId)!.Resume);

        // The thread keeps root's group.
        File.SetUnixFileMode(_temp.Path, File.GetUnixFileMode(_temp.Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        foreach (string path in Directory.EnumerateFileSystemEntries(_temp["state"], "*", SearchOption.AllDirectories).Append(_temp["state"]))
            Give(path, Us);
        AsUser(Us, () => Assert.NotNull(_states.Find(_torrent.TorrentId)!.Resume));

        Give(Path.Combine(Folder, "resume"), Other);
        AsUser(Us, () =>
        {
            Assert.Null(_states.Find(_torrent.TorrentId)!.Resume);
            using ResumeStore store = _states.Open(_torrent);
            Assert.Null(store.Load(out TorrentError? warning));
            Assert.NotNull(warning);
        });

        Give(Folder, Other);
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        AsUser(Us, () => Assert.Contains("another user", Assert.Throws<TorrentException>(() => _states.Open(_torrent)).Error.Message));
        Give(_temp["state"], Other);
        AsUser(Us, () => Assert.Contains("another user", Assert.Throws<TorrentException>(() => new StateFolder(_temp["state"]).Open(_torrent)).Error.Message));
    }

    [Fact]
    public void Root_uses_the_state_folder_of_another_user()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can change the owner of files.");
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data());
        foreach (string path in Directory.EnumerateFileSystemEntries(_temp["state"], "*", SearchOption.AllDirectories).Append(_temp["state"]))
            Give(path, Other);
        using ResumeStore again = _states.Open(_torrent);
        Assert.NotNull(again.Load(out TorrentError? warning));
        Assert.Null(warning);
    }

    [Theory]
    [InlineData("added", long.MaxValue)]
    [InlineData("added", -1)]
    [InlineData("added", 1)]
    [InlineData("completed", 3155378975999999999)]
    [InlineData("received", long.MaxValue)]
    [InlineData("sent", -1)]
    [InlineData("seeded", long.MaxValue)]
    [InlineData("seeded", long.MinValue)]
    [InlineData("pieces", int.MaxValue)]
    [InlineData("pieces", long.MinValue)]
    [InlineData("version", long.MaxValue)]
    public void An_invalid_number_counts_as_damage(string key, long value) => AssertIsDamaged(key, writer => writer.WriteInteger(value));

    [Theory]
    [InlineData("destination", "/data\0/x")]
    [InlineData("destination", "data")]
    [InlineData("destination", "")]
    [InlineData("moving", "/data\0")]
    [InlineData("moving", "../x")]
    public void An_invalid_folder_counts_as_damage(string key, string value) => AssertIsDamaged(key, writer => writer.WriteString(value));

    [Fact]
    public void A_list_of_paths_that_is_too_long_or_contains_a_zero_is_ignored()
    {
        Directory.CreateDirectory(_temp["state"]);
        File.WriteAllText(_temp["state", "paths"], $"paths 1 12345678\n{_torrent.TorrentId} /data\0/x\n{new string('0', 40)} /\0\n");
        UseEverything();
        using (FileStream list = File.OpenWrite(_temp["state", "paths"]))
            list.SetLength(1L << 40);
        UseEverything();
        Assert.InRange(new FileInfo(_temp["state", "paths"]).Length, 17, 4096);
    }

    /// <summary>Reads and writes all saved state. Refusals must be proper errors.</summary>
    private void UseEverything()
    {
        var states = new StateFolder(_temp["state"]);
        foreach (SavedTorrent saved in states.Enumerate())
            saved.ReadStatus();
        _ = states.Find(_torrent.TorrentId);
        var dht = new DhtStateFile(_temp["state"]);
        _ = dht.Load();
        dht.Save([1, 2, 3]);
        try
        {
            using ResumeStore store = states.Open(_torrent);
            _ = store.Load(out _);
            store.ClaimPaths(_temp["data", "x"]);
            store.PieceVerified(3);
            store.Checkpoint(Data());
        }
        catch (TorrentException refused) when (refused.Error.Id == TorrentErrorId.StateNotWritable)
        {
            Assert.Contains("a plain file", refused.Error.Message);
        }
    }

    private void AssertIsDamaged(string key, Action<BencodeWriter> write)
    {
        byte[] good = ResumeCodec.Encode(_torrent.TorrentId, new SavedResume(Data() with { CompletedAt = DateTimeOffset.UnixEpoch, MovingTo = "/to" }, "boot"));
        ResumeCodec.Decode(good, _torrent.TorrentId, pieceCount: null);
        byte[] bad = Wrap(Replace(BencodeDocument.Parse(Content(good)).Root, key, write), key, write);
        Assert.Throws<InvalidDataException>(() => ResumeCodec.Decode(bad, _torrent.TorrentId, pieceCount: null));
    }

    private static ReadOnlyMemory<byte> Content(byte[] file)
    {
        Assert.True(BencodeDocument.Parse(file).Root.TryGet("content"u8, out BencodeElement content));
        return content.AsMemory();
    }

    private static byte[] Replace(BencodeElement dictionary, string key, Action<BencodeWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        foreach (BencodeEntry entry in dictionary.EnumerateDictionary())
        {
            writer.WriteKey(entry.Key);
            if (entry.KeyText == key)
                write(writer);
            else
                writer.WriteRaw(entry.Value.Raw.Span);
        }

        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Wrap(byte[] content, string key, Action<BencodeWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.Write("check"u8, SHA1.HashData(content));
        writer.Write("content"u8, content);
        writer.WriteKey("version"u8);
        if (key == "version")
            write(writer);
        else
            writer.WriteInteger(1);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private ResumeData Data() => new() { Verified = new Bitfield(_torrent.PieceCount), Destination = _temp["data"], AddedAt = DateTimeOffset.UnixEpoch };

    private const uint Us = 65534, Other = 65533;

    private static void Give(string path, uint user) => Assert.Equal(0, ChOwn(path, user, user));

    /// <summary>Runs code as another user: the plain system call changes only one thread.</summary>
    private static void AsUser(uint user, Action action)
    {
        long call = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 117 : 147;
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, SetUsers(call, -1, (nint)user, -1));
                action();
            }
#pragma warning disable CA1031 // The test's own thread takes it on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fault = e;
            }
        });
        thread.Start();
        thread.Join();
        if (fault is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
    }

    [DllImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SetUsers(long number, nint real, nint effective, nint saved);

    [DllImport("libc", EntryPoint = "mkfifo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MkFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc", EntryPoint = "link")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "chown")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChOwn([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}
