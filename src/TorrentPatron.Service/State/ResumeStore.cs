using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.State;

/// <summary>One torrent's saved state, with its lock held.</summary>
public sealed class ResumeStore : IResumeStore
{
    private const string JournalName = "journal";

    // The largest there can be is two fields of 2,097,152 bits and the stamps of some hundred thousand files.
    private const long MaxResumeBytes = 64L << 20;

    private readonly string _folder;
    private readonly InfoHash _torrent;
    private readonly int _pieceCount;
    private readonly TimeProvider _time;
    private readonly TorrentLock _lock;
    private readonly bool _isNew;
    private readonly PieceJournal _journal;
    private int _isDisposed;

    private ResumeStore(string folder, TorrentMetainfo metainfo, TimeProvider time, TorrentLock held)
    {
        _folder = folder;
        _torrent = metainfo.InfoHash;
        _pieceCount = metainfo.PieceCount;
        _time = time;
        _lock = held;

        string path = Path.Combine(folder, StateFolder.MetainfoName);
        _isNew = !File.Exists(path);
        try
        {
            if (_isNew || !IsContent(path, metainfo.Raw.Span))
                AtomicFile.Write(path, metainfo.Raw.Span);
            _journal = new PieceJournal(Path.Combine(folder, JournalName), _torrent, _pieceCount);
        }
        catch
        {
            if (_isNew)
                held.Discard();
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ResumeData? Load(out TorrentError? warning)
    {
        warning = null;
        try
        {
            if (Read(_folder, _torrent, _pieceCount) is not { } saved)
                return null;

            Bitfield doubtful = _journal.Noted();
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
            warning = SetAside(fault);
            return null;
        }
    }

    /// <inheritdoc/>
    public void PieceVerified(int piece) => _journal.Add(piece);

    /// <inheritdoc/>
    public void Checkpoint(ResumeData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        byte[] bytes = ResumeCodec.Encode(_torrent, new SavedResume(data, BootIdentity.Current(_time)));
        try
        {
            AtomicFile.Write(Path.Combine(_folder, StateFolder.ResumeName), bytes);
            _journal.Forget(data.Verified);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    /// <summary>Gives the lock back. May be called more than once.</summary>
    public void Dispose() => Close(discard: false);

    /// <summary>Gives the lock back; state that was new is deleted: the torrent did not start.</summary>
    public void Discard() => Close(discard: _isNew);

    /// <summary>Opens the state in a folder of its own.</summary>
    internal static ResumeStore Open(string folder, TorrentMetainfo metainfo, TimeProvider time) =>
        new(folder, metainfo, time, TorrentLock.Take(folder));

    /// <summary>What is in a resume file, whoever holds the lock; null where it cannot be read.</summary>
    internal static ResumeData? TryRead(string folder, InfoHash torrent)
    {
        try
        {
            return Read(folder, torrent, pieceCount: null)?.Data;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static SavedResume? Read(string folder, InfoHash torrent, int? pieceCount)
    {
        var file = new FileInfo(Path.Combine(folder, StateFolder.ResumeName));
        if (!file.Exists)
            return null;
        if (file.Length > MaxResumeBytes)
            throw new InvalidDataException("it is too large");
        return ResumeCodec.Decode(File.ReadAllBytes(file.FullName), torrent, pieceCount);
    }

    private static bool IsContent(string path, ReadOnlySpan<byte> content) =>
        new FileInfo(path).Length == content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);

    private static void Include(Bitfield field, Bitfield others)
    {
        for (int piece = 0; piece < others.Length; piece++)
        {
            if (others[piece])
                field.Set(piece);
        }
    }

    private TorrentError SetAside(Exception fault)
    {
        string path = Path.Combine(_folder, StateFolder.ResumeName);
        string aside = $"{path}.damaged-{StateFolder.Stamp(_time)}";
        string where = $"It was set aside as '{DisplayText.Clean(aside)}'.";
        try
        {
            File.Move(path, aside, overwrite: true);
        }
        catch (Exception unmovable) when (unmovable is IOException or UnauthorizedAccessException)
        {
            where = "It could not be set aside.";
        }

        string why = fault is InvalidDataException ? fault.Message : DisplayText.Clean(fault.Message);
        return new TorrentError(
            TorrentErrorId.StateDamaged,
            $"The torrent's saved state is damaged: {why}. {where}",
            "Nothing needs to be done: what is on disk is hashed again.");
    }

    private void Close(bool discard)
    {
        bool isFirst = Interlocked.Exchange(ref _isDisposed, 1) == 0;
        if (isFirst)
            _journal.Dispose();
        if (!discard)
        {
            if (isFirst)
                _lock.Dispose();
            return;
        }

        try
        {
            // The engine has closed a store whose start failed; without the lock nothing may be deleted.
            (isFirst ? _lock : TorrentLock.Take(_folder)).Discard();
        }
        catch (Exception fault) when (fault is TorrentException or IOException or UnauthorizedAccessException)
        {
            // Somebody else has it by now: then it is theirs.
        }
    }
}
