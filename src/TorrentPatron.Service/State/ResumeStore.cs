using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.State;

/// <summary>One torrent's saved state, claimed by the service that runs the torrent.</summary>
public sealed class ResumeStore : IResumeStore
{
    private const string JournalName = "journal";

    // The maximum is two bit fields of 2,097,152 bits and the stamps of some hundred thousand files.
    private const int MaxResumeBytes = 64 << 20;

    /// <summary>Verified bytes that can be hashed again in a moment, so that no flush is worth its wait.</summary>
    private const long CheapToHash = 64L << 20;

    private readonly string _folder;
    private readonly TorrentId _torrent;
    private readonly StateHolder _holder;
    private readonly SavedPaths _paths;
    private readonly TimeProvider _time;
    private readonly TorrentClaim _claim;
    private readonly SavedOrigin _origin;
    private readonly bool _hadMetainfo;
    private readonly bool _isNew;
    private TorrentMetainfo? _metainfo;

    /// <summary>Null while there are no notes: most torrents of a service no longer get any.</summary>
    private PieceJournal? _journal;
    private bool _hadNoJournal;
    private Saved _saved;

    /// <summary>The content of the resume file before the torrent was claimed; null if it was not read or has been taken.</summary>
    private ReadResume? _known;
    private int _isDisposed;

    private ResumeStore(string folder, TorrentId torrent, string? name, StateHolder holder, SavedPaths paths, TimeProvider time)
    {
        _folder = folder;
        _torrent = torrent;
        _holder = holder;
        _paths = paths;
        _time = time;
        _claim = TorrentClaim.Take(folder, torrent, holder, name);
        _origin = new SavedOrigin(folder, torrent);
        _hadMetainfo = _origin.HasMetainfo;
        _isNew = !_hadMetainfo && !_origin.HasMagnet;
    }

    /// <summary>Whether the torrent had no saved state.</summary>
    internal bool IsNew => _isNew;

    /// <inheritdoc/>
    public ResumeData? Load(out TorrentError? warning)
    {
        warning = null;
        try
        {
            ReadResume? known = Interlocked.Exchange(ref _known, null);
            // Usually nobody has written the file between the read that found the torrent and its claim.
            if (known?.Stamp is not { } stamp || StampOf(_folder) != stamp)
            {
                if (ReadFile(_folder, out _) is not { } file)
                    return null;
                UInt128 hash = HashOf(file);
                if (known?.Hash != hash)
                    known = new ReadResume(hash, ResumeCodec.Decode(file, _torrent, pieceCount: null));
            }

            SavedResume saved = known.Saved;
            _saved = new Saved(known.Hash, saved.Data);
            if (_metainfo is null)
                return WithoutPieces(saved.Data);
            if (saved.Data.Verified.Length != _metainfo.PieceCount)
            {
                // It was saved before the metainfo arrived, so nothing is known about the data on disk.
                return saved.Data.Verified.Length == 0
                    ? WithoutPieces(saved.Data)
                    : throw new InvalidDataException("its number of pieces differs");
            }

            Bitfield doubtful = HasJournal ? Journal.Noted() : new Bitfield(_metainfo.PieceCount);
            bool hasNotes = !doubtful.IsEmpty;
            Bitfield verified = saved.Data.Verified.Clone();
            Include(verified, doubtful);
            if (saved.Data.Doubtful is { } @unchecked)
                Include(doubtful, @unchecked);
            if (saved.Data.Unflushed is { } unflushed && !BootIdentity.AreSame(saved.Boot, BootIdentity.Current(_time)))
                Include(doubtful, unflushed);
            for (int piece = 0; piece < doubtful.Length; piece++)
            {
                if (!verified[piece])
                    doubtful.Clear(piece);
            }

            return saved.Data with
            {
                Verified = verified,
                Doubtful = doubtful,
                ClosedInOrder = saved.Data.ClosedInOrder && !hasNotes,
            };
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _saved = default;
            warning = SetAside(fault);
            return null;
        }
    }

    /// <inheritdoc/>
    public void MetadataReceived(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        Know(metainfo);
        try
        {
            _origin.Save();
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    /// <inheritdoc/>
    public SavedFiles? FindStopped(TorrentId torrent) => _paths.FindStopped(torrent);

    /// <inheritdoc/>
    public IReadOnlyList<TorrentId> FindStopped(IEnumerable<long> lengths) => _paths.FindStopped(lengths);

    /// <inheritdoc/>
    public IReadOnlyList<SavedFiles> ClaimPaths(string root)
    {
        try
        {
            // First, so that another process that is starting a torrent can see which files this one has there.
            _origin.Save();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The next checkpoint tries again, and reports a failure.
        }

        return _metainfo is null ? [] : _paths.Claim(_torrent, _metainfo, root);
    }

    /// <inheritdoc/>
    public void PieceVerified(int piece)
    {
        if (Volatile.Read(ref _isDisposed) == 0)
            Journal.Add(piece);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Unchanged state is not written again: an idle torrent costs the disk nothing, however often it is saved. A write is flushed only if a
    /// power cut would cost more than a moment's hashing, or would bring back pieces that are no longer certain.
    /// </remarks>
    public void Checkpoint(ResumeData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        byte[] bytes = ResumeCodec.Encode(_torrent, new SavedResume(data, BootIdentity.Current(_time)));
        UInt128 hash = HashOf(bytes);
        try
        {
            _origin.Save();
            if (hash != _saved.Hash)
            {
                bool isDear = (long)data.Verified.Count * (_metainfo?.PieceLength ?? 0) > CheapToHash;
                StateFile.Write(StatesOf(_folder), Path.Combine(_folder, StateFolder.ResumeName), bytes, flush: isDear || TakesBack(data));
                _saved = new Saved(hash, data);
            }

            if (HasJournal)
                Journal.Forget(data.Verified);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    /// <summary>Releases the torrent. May be called more than once.</summary>
    public void Dispose() => Close(discard: false);

    /// <summary>Releases the torrent and deletes new state: the torrent did not start.</summary>
    public void GiveUp() => Close(discard: _isNew);

    /// <inheritdoc/>
    public void Discard() => Close(discard: true);

    /// <summary>Opens the state of a torrent in its folder.</summary>
    /// <param name="folder">The torrent's folder in the state folder.</param>
    /// <param name="torrent">The id with which it is saved.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="isRead">Whether the metainfo was read from the folder.</param>
    /// <param name="known">The last read content of the resume file; null if unknown.</param>
    /// <param name="holder">The holder that claims it.</param>
    /// <param name="paths">The paths of the files of the state folder's torrents.</param>
    /// <param name="time">The clock.</param>
    internal static ResumeStore Open(
        string folder, TorrentId torrent, TorrentMetainfo metainfo, bool isRead, ReadResume? known, StateHolder holder, SavedPaths paths, TimeProvider time)
    {
        var store = new ResumeStore(folder, torrent, metainfo.Name, holder, paths, time) { _known = known };
        // A previous holder may have discarded the state between the read and the claim.
        store.Know(metainfo, isSaved: isRead && store is { _hadMetainfo: true, _origin.HasMagnet: false });
        return store;
    }

    /// <summary>Opens the state of a torrent of which only a link is known.</summary>
    internal static ResumeStore Open(string folder, TorrentId torrent, MagnetLink magnet, StateHolder holder, SavedPaths paths, TimeProvider time)
    {
        var store = new ResumeStore(folder, torrent, magnet.Name, holder, paths, time);
        store._origin.Set(magnet);
        return store;
    }

    /// <summary>The content of a resume file, whether or not the torrent is claimed; null if it cannot be read.</summary>
    internal static ReadResume? TryRead(string folder, TorrentId torrent)
    {
        try
        {
            return ReadFile(folder, out FileStamp stamp) is { } file
                ? new ReadResume(HashOf(file), ResumeCodec.Decode(file, torrent, pieceCount: null), FileStamps.Lasting(stamp))
                : null;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[]? ReadFile(string folder, out FileStamp stamp) =>
        StateFile.Read(StatesOf(folder), Path.Combine(folder, StateFolder.ResumeName), MaxResumeBytes, out stamp);

    private static FileStamp? StampOf(string folder) => FileStamps.Of(Path.Combine(folder, StateFolder.ResumeName));

    /// <summary>The state folder that contains a torrent's folder.</summary>
    private static string StatesOf(string folder) => Path.GetDirectoryName(folder)!;

    private static UInt128 HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bytes, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static void Include(Bitfield field, Bitfield others)
    {
        for (int piece = 0; piece < others.Length; piece++)
        {
            if (others[piece])
                field.Set(piece);
        }
    }

    private static ResumeData WithoutPieces(ResumeData data) => data with
    {
        Verified = new Bitfield(0), Doubtful = null, Unfinished = [], Unflushed = null, Apart = null, Files = [], ClosedInOrder = false,
    };

    private void Know(TorrentMetainfo metainfo, bool isSaved = false)
    {
        // The piece layers may arrive later than the rest: the notes of pieces stay.
        if (_metainfo?.PieceCount != metainfo.PieceCount)
            (_journal, _hadNoJournal) = (null, false);
        _metainfo = metainfo;
        _origin.Set(metainfo, isSaved);
    }

    private string JournalPath => Path.Combine(_folder, JournalName);

    /// <summary>Whether the journal has notes. If it had none, only this store adds some while it holds the torrent.</summary>
    private bool HasJournal => Volatile.Read(ref _journal) is not null || !(_hadNoJournal |= !File.Exists(JournalPath));

    private PieceJournal Journal => LazyInitializer.EnsureInitialized(
        ref _journal, () => new PieceJournal(StatesOf(_folder), JournalPath, _torrent, _metainfo?.PieceCount ?? 0));

    /// <summary>Whether the last saved data count on a piece that these no longer count on.</summary>
    private bool TakesBack(ResumeData data)
    {
        if (_saved.Verified is not { } before)
            return false;
        for (int piece = 0; piece < before.Length; piece++)
        {
            bool wasSure = before[piece] && _saved.Doubtful?[piece] != true;
            if (wasSure && (!data.Verified[piece] || data.Doubtful?[piece] == true))
                return true;
        }

        return false;
    }

    private TorrentError SetAside(Exception fault)
    {
        string path = Path.Combine(_folder, StateFolder.ResumeName);
        string aside = $"{path}.damaged-{StateFolder.Stamp(_time)}";
        string where = $"It was set aside as '{DisplayText.Clean(aside)}'.";
        try
        {
            GuardedFile.Move(StatesOf(_folder), path, StatesOf(_folder), aside, overwrite: true);
        }
        catch (Exception unmovable) when (unmovable is IOException or UnauthorizedAccessException)
        {
            where = "It could not be set aside.";
        }

        string why = fault is InvalidDataException ? fault.Message : DisplayText.Clean(fault.Message).TrimEnd('.');
        return new TorrentError(
            TorrentErrorId.StateDamaged,
            $"The torrent's saved state is damaged: {why}. {where}",
            "Nothing needs to be done: the data on disk is hashed again.");
    }

    private void Close(bool discard)
    {
        bool isFirst = Interlocked.Exchange(ref _isDisposed, 1) == 0;
        if (isFirst)
            _journal?.Dispose();
        if (!discard)
        {
            if (isFirst)
                _claim.Dispose();
            return;
        }

        try
        {
            // The engine has closed a store whose start failed; unclaimed state must not be deleted.
            TorrentClaim claim = isFirst ? _claim : TorrentClaim.Take(_folder, _torrent, _holder);
            new SavedHybrids(StatesOf(_folder)).Forget(_torrent, _origin.KnownId);
            claim.Discard();
        }
        catch (Exception fault) when (fault is TorrentException or IOException or UnauthorizedAccessException)
        {
            // Another holder has claimed it in the meantime, so it is theirs.
        }
    }

    /// <summary>The saved resume file: its hash, and the pieces that it counts on.</summary>
    private readonly record struct Saved(UInt128 Hash, Bitfield? Verified, Bitfield? Doubtful)
    {
        public Saved(UInt128 hash, ResumeData data)
            : this(hash, data.Verified, data.Doubtful)
        {
        }
    }
}
