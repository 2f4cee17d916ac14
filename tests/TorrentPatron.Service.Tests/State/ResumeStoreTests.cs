using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.State;

public sealed class ResumeStoreTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly StateFolder _states;
    private readonly TorrentMetainfo _torrent = Torrents.Make(pieces: 20);

    public ResumeStoreTests() => _states = new StateFolder(_temp["state"]);

    private string Folder => _temp["state", _torrent.InfoHash.ToString()];

    private string ResumePath => Path.Combine(Folder, "resume");

    private string JournalPath => Path.Combine(Folder, "journal");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_metainfo_that_was_discarded_after_it_was_read_is_saved_again()
    {
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        TorrentMetainfo read = _states.ReadMetainfo(_torrent.TorrentId)!;
        _states.Forget(_torrent.TorrentId);

        using (ResumeStore store = _states.Open(read, isRead: true))
            store.Checkpoint(Data(1));

        Assert.Equal(_torrent.Raw, _states.ReadMetainfo(_torrent.TorrentId)!.Raw);
    }

    [Fact]
    public void State_read_before_the_claim_counts_unless_it_has_been_saved_since()
    {
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        SavedTorrent found = _states.Find(_torrent.TorrentId)!;

        using (ResumeStore store = _states.Open(_torrent, isRead: true, found.Read))
        {
            Assert.Same(found.Resume!.Options, store.Load(out _)!.Options);
            store.Checkpoint(Data(1, 2));
        }

        using (ResumeStore store = _states.Open(_torrent, isRead: true, found.Read))
            AssertBits(store.Load(out _)!.Verified, 1, 2);
    }

    [Fact]
    public void State_read_before_the_claim_is_read_again_only_if_the_file_has_changed()
    {
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        DateTime longAgo = DateTime.UtcNow.AddMinutes(-1);
        File.SetLastWriteTimeUtc(ResumePath, longAgo);
        SavedTorrent found = _states.Find(_torrent.TorrentId)!;
        // Nobody writes so: it shows whether the file is read.
        byte[] saved = File.ReadAllBytes(ResumePath);
        File.WriteAllBytes(ResumePath, new byte[saved.Length]);
        File.SetLastWriteTimeUtc(ResumePath, longAgo);
        using (ResumeStore store = _states.Open(_torrent, isRead: true, found.Read))
            AssertBits(store.Load(out _)!.Verified, 1);

        File.SetLastWriteTimeUtc(ResumePath, longAgo.AddSeconds(1));
        using (ResumeStore store = _states.Open(_torrent, isRead: true, found.Read))
        {
            Assert.Null(store.Load(out TorrentError? warning));
            Assert.Equal(TorrentErrorId.StateDamaged, warning!.Id);
        }
    }

    [Fact]
    public void State_written_just_before_it_was_read_is_read_again()
    {
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        SavedTorrent found = _states.Find(_torrent.TorrentId)!;
        DateTime written = File.GetLastWriteTimeUtc(ResumePath);
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(2));
        // As on a file system that tells time in steps of two seconds.
        File.SetLastWriteTimeUtc(ResumePath, written);

        using (ResumeStore store = _states.Open(_torrent, isRead: true, found.Read))
            AssertBits(store.Load(out _)!.Verified, 2);
    }

    [Fact]
    public void All_saved_state_is_loaded_again()
    {
        ResumeData saved = Data(1, 2, 19) with
        {
            Unflushed = Bits(19),
            Unfinished = [new UnfinishedPiece(3, Bits(0, 2, 19)), new UnfinishedPiece(18, Bits(4))],
            Files = [new FileStamp(20 * 16384, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)), null],
            ClosedInOrder = true,
            Suspended = true,
            FilePriorities = [FilePriority.High, FilePriority.Skip],
            Trackers = [new Uri("udp://127.0.0.1:6969/announce"), new Uri("http://[::1]/announce?key=%20x&{a}|b c")],
            RemovedTrackers = [new Uri("http://gone.example/announce")],
            WebSeeds = [new Uri("https://mirror.example/pub/?key=%20x")],
            RemovedWebSeeds = [new Uri("http://gone.example/")],
            Options = new TorrentOptions
            {
                MaxDownloadRate = 1,
                MaxUploadRate = 2,
                Goal = new SeedGoal(1.0 / 3, TimeSpan.FromTicks(7)),
                Sequential = true,
                SuperSeeding = true,
                Tags = ["nightly", "größe"],
                MinimumFreeSpace = long.MaxValue,
            },
            Peers = [IPEndPoint.Parse("192.0.2.7:6881"), IPEndPoint.Parse("[2001:db8::7]:51413")],
            MovingTo = "/on the way/größer",
            Reuse = new DataReuse(["/old/größe", "/older"], ReuseMethod.HardLink),
            Origin = new DataOrigin { FilesBefore = Bits(1), FoldersBefore = Bits(3), FilesWritten = Bits(2, 19) },
            Apart = Bits(0, 7),
            SeedingTime = TimeSpan.FromHours(30),
            GoalReached = true,
            QueueKey = -7,
            BytesReceived = 123,
            BytesSent = 1L << 60,
            AddedAt = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero),
            CompletedAt = new DateTimeOffset(2026, 5, 6, 7, 8, 10, TimeSpan.FromHours(2)),
        };
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(saved);

        ResumeData loaded = Load(out TorrentError? warning)!;

        Assert.Null(warning);
        Assert.Equal(["/old/größe", "/older"], loaded.Reuse!.Folders);
        Assert.Equal(ReuseMethod.HardLink, loaded.Reuse.By);
        AssertBits(loaded.Verified, 1, 2, 19);
        AssertBits(loaded.Unflushed!, 19);
        Assert.Equal([3, 18], loaded.Unfinished.Select(piece => piece.Piece));
        AssertBits(loaded.Unfinished[0].Blocks, 0, 2, 19);
        AssertBits(loaded.Unfinished[1].Blocks, 4);
        AssertBits(loaded.Doubtful!);
        Assert.Equal(saved.Files, loaded.Files);
        Assert.Equal(saved.Destination, loaded.Destination);
        Assert.Equal(saved.FilePriorities, loaded.FilePriorities);
        Assert.Equal(saved.Trackers, loaded.Trackers);
        Assert.Equal(saved.RemovedTrackers, loaded.RemovedTrackers);
        Assert.Equal(saved.WebSeeds, loaded.WebSeeds);
        Assert.Equal(saved.RemovedWebSeeds, loaded.RemovedWebSeeds);
        Assert.Equal(saved.Peers, loaded.Peers);
        Assert.Equal(saved.MovingTo, loaded.MovingTo);
        AssertBits(loaded.Apart!, 0, 7);
        AssertBits(loaded.Origin!.FilesBefore, 1);
        AssertBits(loaded.Origin.FoldersBefore, 3);
        AssertBits(loaded.Origin.FilesWritten, 2, 19);
        Assert.Equal(saved.Options.Tags, loaded.Options.Tags);
        Assert.Equal(saved.Options, loaded.Options with { Tags = saved.Options.Tags });
        Assert.Equal((saved.SeedingTime, true), (loaded.SeedingTime, loaded.GoalReached));
        Assert.Equal(-7, loaded.QueueKey);
        Assert.Equal(saved.AddedAt, loaded.AddedAt);
        Assert.Equal(saved.CompletedAt, loaded.CompletedAt);
        Assert.Equal((123, 1L << 60), (loaded.BytesReceived, loaded.BytesSent));
        Assert.True(loaded.ClosedInOrder && loaded.Suspended);
    }

    [Fact]
    public void A_file_of_the_first_release_is_read()
    {
        var content = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(content);
        writer.BeginDictionary();
        writer.Write("added"u8, 637_000_000_000_000_000);
        writer.Write("boot"u8, "some");
        writer.Write("closed"u8, 1);
        writer.Write("destination"u8, _temp.Path);
        writer.WriteKey("files"u8);
        writer.BeginList();
        writer.End();
        writer.Write("info hash"u8, _torrent.InfoHash.ToArray());
        writer.Write("pieces"u8, 20);
        writer.WriteKey("priorities"u8);
        writer.BeginList();
        writer.WriteInteger(7);
        writer.End();
        writer.Write("received"u8, 5);
        writer.Write("sent"u8, 6);
        writer.Write("suspended"u8, 0);
        writer.WriteKey("trackers"u8);
        writer.BeginList();
        writer.WriteString("http://127.0.0.1:1/announce");
        writer.End();
        writer.Write("verified"u8, [0x80, 0, 0]);
        writer.End();
        var file = new ArrayBufferWriter<byte>();
        writer = new BencodeWriter(file);
        writer.BeginDictionary();
        writer.Write("check"u8, SHA1.HashData(content.WrittenSpan));
        writer.Write("content"u8, content.WrittenSpan);
        writer.Write("version"u8, 1);
        writer.End();
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(ResumePath, file.WrittenSpan);

        ResumeData loaded = Load(out TorrentError? warning)!;

        Assert.Null(warning);
        AssertBits(loaded.Verified, 0);
        Assert.Equal([FilePriority.High], loaded.FilePriorities);
        Assert.Equal(TorrentOptions.Unchanged, loaded.Options);
        Assert.Null(loaded.Origin);
        Assert.Null(loaded.Apart);
        Assert.Empty(loaded.Unfinished);
        Assert.Null(loaded.QueueKey);
        Assert.Equal((5, 6, TimeSpan.Zero, false), (loaded.BytesReceived, loaded.BytesSent, loaded.SeedingTime, loaded.GoalReached));
    }

    [Fact]
    public void A_torrent_without_saved_state_loads_nothing_and_gives_no_warning()
    {
        Assert.Null(Load(out TorrentError? warning));
        Assert.Null(warning);
        Assert.Empty(_states.Enumerate());
    }

    [Fact]
    public void The_metainfo_is_saved_with_the_first_checkpoint_and_replaced_if_it_differs()
    {
        string path = Path.Combine(Folder, "metainfo.torrent");
        Directory.CreateDirectory(Folder);
        File.WriteAllText(path, "another");
        using ResumeStore store = _states.Open(_torrent);
        store.Checkpoint(Data(1));

        Assert.Equal(_torrent.Raw.ToArray(), File.ReadAllBytes(path));
    }

    [Fact]
    public void Unchanged_state_is_not_written_again_even_by_the_next_run()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.Checkpoint(Data(1));
            AssertIsWritten(store, Data(1), isWritten: false);
            AssertIsWritten(store, Data(1, 2), isWritten: true);
        }

        using (ResumeStore store = _states.Open(_torrent))
        {
            store.Load(out _);
            AssertIsWritten(store, Data(1, 2), isWritten: false);
            AssertIsWritten(store, Data(1, 2) with { ClosedInOrder = true }, isWritten: true);
        }
    }

    [Fact]
    public void State_that_was_set_aside_is_written_again()
    {
        using ResumeStore store = _states.Open(_torrent);
        store.Checkpoint(Data(1));
        File.WriteAllText(ResumePath, "damaged");
        Assert.Null(store.Load(out TorrentError? warning));
        Assert.Equal(TorrentErrorId.StateDamaged, warning!.Id);

        AssertIsWritten(store, Data(1), isWritten: true);
    }

    [Fact]
    public void Pieces_noted_after_the_last_checkpoint_count_but_are_doubtful()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.PieceVerified(3);
            store.Checkpoint(Data(3) with { ClosedInOrder = true });
            Parallel.For(5, 15, store.PieceVerified);
            store.PieceVerified(5);
        }

        ResumeData loaded = Load(out _)!;

        AssertBits(loaded.Verified, [3, .. Enumerable.Range(5, 10)]);
        AssertBits(loaded.Doubtful!, [.. Enumerable.Range(5, 10)]);
        Assert.False(loaded.ClosedInOrder);
        Assert.Equal(80, new FileInfo(JournalPath).Length);
    }

    [Fact]
    public void A_checkpoint_removes_the_notes_that_it_contains_and_keeps_the_others()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.PieceVerified(1);
            store.PieceVerified(2);
            store.Checkpoint(Data(1));
        }

        ResumeData loaded = Load(out _)!;
        AssertBits(loaded.Verified, 1, 2);
        AssertBits(loaded.Doubtful!, 2);

        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1, 2));
        Assert.False(File.Exists(JournalPath));
        Assert.True(Load(out _)!.Doubtful!.IsEmpty);
    }

    [Fact]
    public void Unflushed_pieces_are_doubtful_after_a_reboot()
    {
        _states.Open(_torrent).Dispose();
        var data = Data(1, 2, 3) with { Unflushed = Bits(2, 7) };
        File.WriteAllBytes(ResumePath, ResumeCodec.Encode(_torrent.TorrentId, new SavedResume(data, "id:another-run")));

        ResumeData loaded = Load(out _)!;

        AssertBits(loaded.Verified, 1, 2, 3);
        AssertBits(loaded.Doubtful!, 2);
    }

    [Fact]
    public void A_truncated_journal_counts_up_to_its_last_complete_record()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.Checkpoint(Data(0));
            foreach (int piece in (int[])[4, 9, 2])
                store.PieceVerified(piece);
        }

        byte[] journal = File.ReadAllBytes(JournalPath);
        int[] all = [4, 9, 2];
        for (int length = 0; length <= journal.Length; length++)
        {
            File.WriteAllBytes(JournalPath, journal[..length]);
            AssertBits(Load(out _)!.Doubtful!, all[..(length / 8)]);
            Assert.Equal(length / 8 * 8, new FileInfo(JournalPath).Length);
        }
    }

    [Fact]
    public void A_damaged_journal_counts_up_to_the_damage_and_continues_from_there()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.Checkpoint(Data(0));
            foreach (int piece in (int[])[4, 9, 2])
                store.PieceVerified(piece);
        }

        byte[] journal = File.ReadAllBytes(JournalPath);
        for (int position = 8; position < 16; position++)
        {
            byte[] damaged = [.. journal];
            damaged[position] ^= 0x10;
            File.WriteAllBytes(JournalPath, damaged);
            using (ResumeStore store = _states.Open(_torrent))
            {
                AssertBits(store.Load(out _)!.Doubtful!, 4);
                store.PieceVerified(11);
            }

            AssertBits(Load(out _)!.Doubtful!, 4, 11);
        }
    }

    [Fact]
    public void A_journal_damaged_near_its_beginning_loses_its_records_but_not_the_resume_file()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.Checkpoint(Data(0));
            foreach (int piece in (int[])[4, 9, 2, 7, 8])
                store.PieceVerified(piece);
        }

        byte[] damaged = File.ReadAllBytes(JournalPath);
        damaged[0] ^= 0x10;
        File.WriteAllBytes(JournalPath, damaged);

        ResumeData? data = Load(out TorrentError? warning);
        Assert.Null(warning);
        AssertBits(data!.Doubtful!);
        AssertBits(data.Verified, 0);
    }

    [Fact]
    public void The_journal_of_another_torrent_is_ignored()
    {
        TorrentMetainfo other = Torrents.Make("other", 20);
        using (ResumeStore store = _states.Open(other))
            store.PieceVerified(4);
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(0));
        File.Copy(_temp["state", other.InfoHash.ToString(), "journal"], JournalPath, overwrite: true);

        Assert.True(Load(out _)!.Doubtful!.IsEmpty);
    }

    [Fact]
    public void A_truncated_or_corrupted_resume_file_is_set_aside_and_reported()
    {
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1, 2));
        byte[] sound = File.ReadAllBytes(ResumePath);

        for (int length = 0; length < sound.Length; length++)
            AssertSetAside(sound[..length]);
        for (int position = 0; position < sound.Length; position++)
        {
            byte[] damaged = [.. sound];
            damaged[position] ^= (byte)(1 << (position % 8));
            AssertSetAside(damaged);
        }
    }

    [Fact]
    public void A_resume_file_of_another_torrent_version_or_piece_count_is_set_aside()
    {
        _states.Open(_torrent).Dispose();
        string boot = BootIdentity.Current(TimeProvider.System);
        AssertSetAside(ResumeCodec.Encode(Torrents.Hash("other"), new SavedResume(Data(1), boot)));
        ResumeData longer = Data(1) with { Verified = new Bitfield(21) };
        AssertSetAside(ResumeCodec.Encode(_torrent.TorrentId, new SavedResume(longer, boot)));
        byte[] next = ResumeCodec.Encode(_torrent.TorrentId, new SavedResume(Data(1), boot));
        next[^3] = (byte)'2';
        AssertSetAside(next);
        AssertSetAside("d8:versioni1ee"u8.ToArray());
        AssertSetAside([.. Enumerable.Repeat((byte)'l', 100_000)]);
    }

    [Fact]
    public void A_half_written_resume_file_is_ignored()
    {
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        File.WriteAllText(ResumePath + ".new", "half");

        AssertBits(Load(out TorrentError? warning)!.Verified, 1);
        Assert.Null(warning);
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1, 2));
        AssertBits(Load(out _)!.Verified, 1, 2);
    }

    [Fact]
    public void A_second_holder_gets_the_process_id_of_the_first_and_the_first_continues()
    {
        using ResumeStore store = _states.Open(_torrent);

        var fault = Assert.Throws<TorrentException>(() => new StateFolder(_states.FolderPath).Open(_torrent));

        Assert.Equal(TorrentErrorId.TorrentInUse, fault.Error.Id);
        Assert.StartsWith($"'{_torrent.Name}' ({_torrent.InfoHash}) is already being run by ", fault.Error.Message, StringComparison.Ordinal);
        Assert.Contains($"{Environment.ProcessId}", fault.Error.Message, StringComparison.Ordinal);
        store.Checkpoint(Data(1));
        store.Dispose();
        AssertBits(Load(out _)!.Verified, 1);
    }

    [Fact]
    public void The_claim_of_a_dead_process_is_free_and_a_live_claim_names_its_process()
    {
        _states.Open(_torrent).Dispose();
        string holder = _temp["state", "holder-4711-0123abcd"];
        File.WriteAllText(Path.Combine(Folder, "claim"), Path.GetFileName(holder));
        _states.Open(_torrent).Dispose();

        File.WriteAllText(Path.Combine(Folder, "claim"), Path.GetFileName(holder));
        using (new FileStream(holder, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            var fault = Assert.Throws<TorrentException>(() => _states.Open(_torrent));
            Assert.Equal(TorrentErrorId.TorrentInUse, fault.Error.Id);
            Assert.Contains("process 4711", fault.Error.Message, StringComparison.Ordinal);
        }

        _states.Open(_torrent).Dispose();
        Assert.False(File.Exists(holder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("holder-")]
    [InlineData("holder-x-0123abcd")]
    [InlineData("holder-1-../../etc/passwd")]
    [InlineData("../holder-1-0123abcd")]
    [InlineData("\0\u00ff a claim that is longer than any that was ever written, and nonsense besides")]
    public void A_claim_without_a_holder_is_ignored(string claim)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "claim"), claim);

        _states.Open(_torrent).Dispose();
    }

    [Fact]
    public void One_file_holds_all_torrents_of_a_service_and_is_deleted_with_the_last()
    {
        ResumeStore[] stores = [.. Enumerable.Range(0, 20).Select(i => _states.Open(Torrents.Make($"torrent {i}")))];
        string holder = Assert.Single(Directory.EnumerateFiles(_states.FolderPath));
        foreach (ResumeStore store in stores[1..])
            store.Dispose();
        Assert.True(File.Exists(holder));
        stores[0].Dispose();

        Assert.Empty(Directory.EnumerateFiles(_states.FolderPath));
    }

    [Fact]
    public void Only_one_of_many_concurrent_claims_succeeds()
    {
        StateFolder[] folders = [.. Enumerable.Range(0, 8).Select(_ => new StateFolder(_states.FolderPath))];
        for (int round = 0; round < 20; round++)
        {
            var opened = new System.Collections.Concurrent.ConcurrentBag<ResumeStore>();
            Parallel.ForEach(folders, folder =>
            {
                try
                {
                    opened.Add(folder.Open(_torrent));
                }
                catch (TorrentException fault) when (fault.Error.Id == TorrentErrorId.TorrentInUse)
                {
                }
            });
            Assert.InRange(opened.Count, 0, 1); // none if all looked at the claim at the same moment
            foreach (ResumeStore store in opened)
                store.Dispose();
        }

        _states.Open(_torrent).Dispose();
    }

    [Fact]
    public void Giving_up_deletes_new_state_and_keeps_existing_state()
    {
        ResumeStore store = _states.Open(_torrent);
        store.GiveUp();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_states.FolderPath));

        store = _states.Open(_torrent);
        store.Dispose(); // as the engine does when a start fails
        store.GiveUp();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_states.FolderPath));

        store = _states.Open(_torrent);
        store.Checkpoint(Data(1));
        store.Dispose();
        store = _states.Open(_torrent);
        store.GiveUp();
        Assert.Single(_states.Enumerate());
    }

    [Fact]
    public void A_closed_store_writes_nothing()
    {
        ResumeStore store = _states.Open(_torrent);
        store.Dispose();

        store.Dispose();
        store.PieceVerified(1);
        Assert.Throws<ObjectDisposedException>(() => store.Checkpoint(Data(1)));
        Assert.False(File.Exists(JournalPath));
    }

    [Fact]
    public void An_unusable_state_folder_is_reported_with_a_remedy()
    {
        File.WriteAllText(_temp["file"], "in the way");

        var fault = Assert.Throws<TorrentException>(() => new StateFolder(_temp["file"]).Open(_torrent));

        Assert.Equal(TorrentErrorId.StateNotWritable, fault.Error.Id);
        Assert.NotEmpty(fault.Error.Remedy);
    }

    [Fact]
    public void Saved_torrents_are_listed_with_their_destination_where_it_can_be_read()
    {
        Assert.Empty(_states.Enumerate());
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        TorrentMetainfo other = Torrents.Make("other", 20);
        using (ResumeStore store = _states.Open(other))
            store.Checkpoint(Data(1));
        File.WriteAllText(_temp["state", other.InfoHash.ToString(), "resume"], "damaged");
        Directory.CreateDirectory(_temp["state", "no torrent"]);
        Directory.CreateDirectory(_temp["state", new string('0', 40)]);

        Dictionary<string, SavedTorrent> saved = _states.Enumerate().ToDictionary(torrent => torrent.TorrentId.ToString());

        Assert.Equal(2, saved.Count);
        Assert.Equal(Data().Destination, saved[_torrent.InfoHash.ToString()].Destination);
        Assert.Null(saved[other.InfoHash.ToString()].Destination);
        Assert.Equal(other.Raw.ToArray(), File.ReadAllBytes(saved[other.InfoHash.ToString()].MetainfoPath));
    }

    [Fact]
    public void A_hybrid_is_saved_and_found_by_its_v1_hash()
    {
        string[] parts =
        [
            "d4:infod9:file treed1:ad0:d6:lengthi1e11:pieces root32:", new('#', 32),
            "eee6:lengthi1e12:meta versioni2e4:name1:a12:piece lengthi16384e6:pieces20:", new('#', 20), "ee",
        ];
        TorrentMetainfo hybrid = MetainfoReader.Read(Encoding.Latin1.GetBytes(string.Concat(parts)));
        using (ResumeStore store = _states.Open(hybrid))
        {
            store.PieceVerified(0);
            store.Checkpoint(new ResumeData { Destination = Path.GetTempPath(), Verified = new Bitfield(1) });
        }

        SavedTorrent saved = Assert.Single(_states.Enumerate());
        var byLink = new TorrentId(InfoHash.OfInfo(hybrid.RawInfo.Span));

        Assert.Equal(hybrid.TorrentId.V1.ToString(), Path.GetFileName(Path.GetDirectoryName(saved.MetainfoPath)));
        Assert.Equal(hybrid.TorrentId.V2, saved.ReadMetainfo()!.TorrentId.V2);
        Assert.Equal(hybrid.Raw.ToArray(), _states.ReadMetainfo(byLink)!.Raw.ToArray());
        Assert.NotNull(_states.Find(byLink)!.Resume);
    }

    [Fact]
    public void A_saved_link_by_one_hash_is_the_link_of_the_hybrid_too()
    {
        var v1 = new InfoHash(Enumerable.Repeat((byte)1, 20).ToArray());
        Assert.True(MagnetLink.TryParse($"magnet:?xt=urn:btih:{v1}&tr=http%3A%2F%2Ftracker.example%2F", out MagnetLink? saved, out _));
        using (ResumeStore store = _states.Open(saved))
            store.Checkpoint(new ResumeData { Destination = Path.GetTempPath(), Verified = new Bitfield(1) });
        var hybrid = new TorrentId(v1, new InfoHashV2(Enumerable.Repeat((byte)2, 32).ToArray()));

        Assert.Equal(saved.ToString(), _states.ReadMagnet(hybrid)?.ToString());
    }

    [Fact]
    public void A_saved_torrent_has_its_last_status_without_being_started()
    {
        using (ResumeStore store = _states.Open(_torrent))
        {
            store.Checkpoint(Data(0, 1, 2) with
            {
                Doubtful = Bits(2),
                Options = new TorrentOptions { Tags = ["nightly"], MaxUploadRate = 7, Goal = new SeedGoal(1.5, null) },
                Trackers = [new Uri("http://127.0.0.1:1/announce")],
                BytesSent = 16384,
                AddedAt = DateTimeOffset.UnixEpoch,
            });
        }

        TorrentStatus status = _states.Find(_torrent.TorrentId)!.ReadStatus();

        Assert.Equal((_torrent.Name, _torrent.InfoHash.ToString(), TorrentState.Stopped), (status.Name, status.InfoHash, status.State));
        Assert.Equal(Data().Destination, status.Destination);
        Assert.Equal((_torrent.TotalSize, 2 * 16384L, false), (status.WantedSize, status.CompletedSize, status.IsComplete));
        Assert.Equal(10, status.PercentComplete, 0.01);
        Assert.Equal((0.5, 1.5, 7), (status.Ratio, status.SeedRatio, status.MaxUploadRate));
        Assert.Equal(["nightly"], status.Tags);
        Assert.Equal("http://127.0.0.1:1/announce", Assert.Single(status.Trackers).Uri.OriginalString);
        Assert.Equal(DateTimeOffset.UnixEpoch, status.AddedAt);
    }

    [Fact]
    public void A_saved_link_is_shown_as_such_and_a_damaged_torrent_with_a_warning()
    {
        Assert.True(MagnetLink.TryParse($"magnet:?xt=urn:btih:{new string('a', 40)}&dn=linked", out MagnetLink? link, out _));
        using (ResumeStore store = _states.Open(link))
            store.Checkpoint(Data() with { Verified = new Bitfield(0) });
        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));
        File.WriteAllText(ResumePath, "damaged");

        TorrentStatus linked = _states.Find(link.TorrentId)!.ReadStatus();
        TorrentStatus damaged = _states.Find(_torrent.TorrentId)!.ReadStatus();

        Assert.Equal(("linked", false), (linked.Name, linked.IsComplete));
        Assert.NotNull(linked.Metadata);
        Assert.Equal(_torrent.Name, damaged.Name);
        Assert.Equal(TorrentErrorId.StateDamaged, Assert.Single(damaged.Warnings).Id);
    }

    [Theory]
    [InlineData("states", "/where/states")]
    [InlineData("../states", "/states")]
    [InlineData("/elsewhere/states/", "/elsewhere/states/")]
    [InlineData("~/states", "~/states")]
    [InlineData("~", "~")]
    [InlineData("~other", "/where/~other")]
    public void A_relative_state_path_is_below_the_current_folder_and_a_tilde_is_the_home_folder(string value, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test uses Unix paths.");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.Equal(
            expected[0] == '~' ? Path.GetFullPath(home + expected[1..]) : expected, StateFolder.PathOf(value, () => "/where"));
    }

    [Fact]
    public void Only_the_user_can_read_the_state_folder()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        using (ResumeStore store = _states.Open(_torrent))
            store.Checkpoint(Data(1));

        const UnixFileMode Others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_states.FolderPath) & Others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Folder) & Others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(ResumePath) & Others);
    }

    [Theory]
    [InlineData("id:a", "id:a", true)]
    [InlineData("id:a", "id:b", false)]
    [InlineData("time:1000", "time:1060", true)]
    [InlineData("time:1000", "time:1061", false)]
    [InlineData("time:1000", "id:1000", false)]
    [InlineData("time:x", "time:y", false)]
    [InlineData("time:-9223372036854775808", "time:9223372036854775807", false)]
    public void A_boot_is_identified_by_its_id_or_approximately_by_its_time(string one, string other, bool areSame)
    {
        Assert.Equal(areSame, BootIdentity.AreSame(one, other));
        Assert.Equal(areSame, BootIdentity.AreSame(other, one));
    }

    private static Bitfield Bits(params int[] pieces)
    {
        var bits = new Bitfield(20);
        foreach (int piece in pieces)
            bits.Set(piece);
        return bits;
    }

    private static ResumeData Data(params int[] verified) =>
        new() { Verified = Bits(verified), Destination = Path.Combine(Path.GetTempPath(), "wohin äöü") };

    private static void AssertBits(Bitfield bits, params int[] expected) =>
        Assert.Equal(expected.Order(), Enumerable.Range(0, bits.Length).Where(piece => bits[piece]));

    private ResumeData? Load(out TorrentError? warning)
    {
        using ResumeStore store = _states.Open(_torrent);
        return store.Load(out warning);
    }

    private void AssertIsWritten(ResumeStore store, ResumeData data, bool isWritten)
    {
        File.Delete(ResumePath);
        store.Checkpoint(data);
        Assert.Equal(isWritten, File.Exists(ResumePath));
        if (!isWritten)
            File.WriteAllBytes(ResumePath, ResumeCodec.Encode(_torrent.TorrentId, new SavedResume(data, BootIdentity.Current(TimeProvider.System))));
    }

    private void AssertSetAside(byte[] content)
    {
        File.WriteAllBytes(ResumePath, content);
        Assert.Null(Load(out TorrentError? warning));
        Assert.Equal(TorrentErrorId.StateDamaged, warning!.Id);
        Assert.False(File.Exists(ResumePath));
        string aside = Assert.Single(Directory.EnumerateFiles(Folder, "resume.damaged-*"));
        Assert.Equal(content, File.ReadAllBytes(aside));
        File.Delete(aside);
    }
}
