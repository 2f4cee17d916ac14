using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Decides which files of a torrent may be written, when the verified pieces are known and before the first byte is written.
/// Immutable.
/// </summary>
/// <remarks>
/// A file that existed before the torrent belongs to its owner until some of its data proves to be the torrent's: then the
/// torrent continues it. A file of zeros was allocated by another client. If a file has the right length, but shares all of its
/// pieces with a missing file, nothing can be proven yet: it is compared with the bytes that would be written, and never changed.
/// </remarks>
internal sealed class WriteRules
{
    private readonly Dictionary<int, TorrentError> _forbidden;
    private readonly HashSet<int> _unproven;

    private WriteRules(Dictionary<int, TorrentError> forbidden, HashSet<int> unproven, Bitfield? apart) =>
        (_forbidden, _unproven, Apart) = (forbidden, unproven, apart);

    /// <summary>Everything may be written.</summary>
    public static WriteRules None { get; } = new([], [], apart: null);

    /// <summary>
    /// The files whose bytes go to the parts file: skipped files that do not exist, or exist but are not the torrent's. Null if
    /// that has not been decided.
    /// </summary>
    public Bitfield? Apart { get; }

    /// <summary>
    /// Decides, and claims the paths to be written. Incomplete files at read-only paths are abandoned there. Examines the disk.
    /// </summary>
    /// <param name="storage">The files, which nobody uses; it receives the rules.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="priorities">Priority of each file; empty means all normal.</param>
    /// <param name="origin">The origin of those on disk; null if unknown.</param>
    /// <param name="verified">The verified pieces; those in abandoned files are cleared.</param>
    /// <param name="seedOnly">Whether nothing may be written at all.</param>
    /// <exception cref="StorageException">A file must be written but may not be.</exception>
    public static void Apply(
        TorrentStorage storage, PathClaim claim, IReadOnlyList<FilePriority> priorities, DataOrigin? origin, Bitfield verified, bool seedOnly)
    {
        if (!seedOnly)
            storage.LeaveRaw(verified);
        TorrentFiles files = claim.FilesOf(storage.Layout, priorities, origin, verified, storage.Apart);
        HashSet<int> missing =
            [.. Enumerable.Range(0, files.Layout.Files.Count).Where(file => files.Wants(file) && (!HasAll(files, file) || storage.IsApart(file)))];
        storage.Rules = seedOnly ? ReadOnly(files, missing) : Decide(storage, claim, files, missing);
    }

    /// <summary>Requires the files to be seeded, as far as their lengths tell.</summary>
    /// <param name="files">The state of the files.</param>
    /// <param name="stamps">The stamps of the files on disk.</param>
    /// <exception cref="StorageException">A file is missing or too short.</exception>
    public static void RequireData(TorrentFiles files, IReadOnlyList<FileStamp?> stamps)
    {
        for (int file = 0; file < stamps.Count; file++)
        {
            StorageFile entry = files.Layout.Files[file];
            if (!files.Wants(file) || entry.Length == 0)
                continue;
            if (stamps[file] is not { } stamp)
                throw StorageErrors.Incomplete($"'{entry.FullPath}' does not exist.");
            if (stamp.Length < entry.Length)
                throw StorageErrors.Incomplete($"'{entry.FullPath}' has {stamp.Length:N0} bytes, but the torrent's file has {entry.Length:N0}.");
        }
    }

    /// <summary>Throws if a file must not be written.</summary>
    /// <exception cref="StorageException">The file must not be written.</exception>
    public void Require(int file)
    {
        if (_forbidden.Count > 0 && _forbidden.TryGetValue(file, out TorrentError? error))
            throw new StorageException(error);
    }

    /// <summary>Whether a file is compared with the bytes that would be written.</summary>
    public bool IsUnproven(int file) => _unproven.Contains(file);

    private static WriteRules Decide(TorrentStorage storage, PathClaim claim, TorrentFiles files, HashSet<int> missing)
    {
        if (claim.Shared.FirstOrDefault(shared => missing.Contains(shared.File)) is { } taken)
            throw StorageErrors.PathInUse(taken, files.Torrent);
        RefuseUnsafe(files.Layout, missing);
        HashSet<int> unproven = [], adopted = [];
        foreach (int file in missing)
        {
            bool isStranger = storage.IsApart(file)
                ? DiskFile.Stamp(files.Layout.Files[file].FullPath) is not null
                : IsFromBefore(files, file);
            if (isStranger)
                (Prove(storage, files, file) ? adopted : unproven).Add(file);
        }

        if (missing.Count > 0)
            claim.Take(files, missing.Contains);
        // Recorded before anything is written: after a crash the file must not count as foreign.
        foreach (int file in adopted)
            storage.Adopt(file);
        var forbidden = new Dictionary<int, TorrentError>();
        foreach (SharedFile shared in claim.Shared)
            forbidden[shared.File] = StorageErrors.PathInUse(shared, files.Torrent).Error;
        for (int file = 0; file < files.Layout.Files.Count; file++)
        {
            if (files.Layout.Files[file].IsRaw)
                forbidden[file] = StorageErrors.Raw(files.Layout.Files[file].FullPath).Error;
        }

        return new WriteRules(
            forbidden.Count == 0 ? None._forbidden : forbidden, unproven.Count == 0 ? None._unproven : unproven, DecideApart(storage, files));
    }

    /// <summary>
    /// Throws for files that would be written through a link, or into a pipe. They are checked again while the torrent runs.
    /// </summary>
    private static void RefuseUnsafe(FileLayout layout, HashSet<int> missing)
    {
        var looked = new HashSet<string>(StringComparer.Ordinal);
        foreach (int file in missing)
        {
            for (string at = layout.Files[file].FullPath; at.Length > layout.Destination.Length && looked.Add(at); at = Path.GetDirectoryName(at)!)
            {
                if (GuardedFile.Look(at) is { Kind: FileKind.Link or FileKind.Pipe or FileKind.Special } found)
                    throw StorageErrors.Unsafe(at, found.Kind == FileKind.Link);
            }
        }
    }

    private static WriteRules ReadOnly(TorrentFiles files, HashSet<int> missing)
    {
        if (missing.Count > 0)
        {
            int bad = files.Layout.PieceCount - files.Verified.Count;
            throw StorageErrors.Incomplete(
                $"{bad:N0} of {files.Layout.PieceCount:N0} pieces of '{files.Name}' are missing or wrong, the first in "
                + $"'{files.Layout.Files[missing.Min()].FullPath}'.");
        }

        return new WriteRules(
            Enumerable.Range(0, files.Layout.Files.Count).ToDictionary(
                file => file, file => StorageErrors.Incomplete($"'{files.Layout.Files[file].FullPath}' is only seeded.").Error),
            [], apart: null);
    }

    private static bool HasAll(TorrentFiles files, int file) => files.Layout.BytesIn(file, files.Verified) == files.Layout.Files[file].Length;

    private static Bitfield DecideApart(TorrentStorage storage, TorrentFiles files)
    {
        var apart = new Bitfield(files.Layout.Files.Count);
        for (int file = 0; file < apart.Length; file++)
        {
            StorageFile entry = files.Layout.Files[file];
            if (entry.IsStored && !files.Wants(file)
                && (storage.IsApart(file)
                    || DiskFile.Stamp(entry.FullPath) is null
                    || (IsFromBefore(files, file) && files.Layout.BytesIn(file, files.Verified) == 0)))
                apart.Set(file);
        }

        return apart;
    }

    private static bool IsFromBefore(TorrentFiles files, int file) =>
        files.Origin is { } origin && origin.FilesBefore[file] && !origin.FilesWritten[file];

    /// <returns>Whether a file that existed before may be written; false if nothing can be proven about it.</returns>
    private static bool Prove(TorrentStorage storage, TorrentFiles files, int file)
    {
        StorageFile entry = files.Layout.Files[file];
        if (DiskFile.Stamp(entry.FullPath) is not { Length: > 0 } stamp)
            return true;
        if (storage.IsApart(file))
        {
            // Created for these bytes just before a crash, or by someone else with the same bytes.
            if (HasOnlyZeros(files.Layout, entry) || (stamp.Length == entry.Length && storage.AgreesWithParts(file)))
                return true;
            throw StorageErrors.Foreign($"'{entry.FullPath}' already exists, but does not contain the verified data of the file from '{files.Name}'.");
        }

        if (stamp.Length > entry.Length)
        {
            return BeginsRight(files, file) ? true : throw StorageErrors.Foreign(
                $"'{entry.FullPath}' already exists, is longer than the file from '{files.Name}', and begins differently.");
        }

        if (files.Layout.BytesIn(file, files.Verified) > 0 || HasOnlyZeros(files.Layout, entry))
            return true;
        if (stamp.Length == entry.Length && !CanBeChecked(storage, file))
            return false;
        throw StorageErrors.Foreign($"'{entry.FullPath}' already exists, and nothing in it matches '{files.Name}'.");
    }

    private static bool BeginsRight(TorrentFiles files, int file)
    {
        (int first, int count) = files.Layout.PiecesOfFile(file);
        bool isShared = files.Layout.PieceOffset(first) < files.Layout.Files[file].Offset;
        return files.Verified[first] || (isShared && count > 1 && files.Verified[first + 1]);
    }

    private static bool CanBeChecked(TorrentStorage storage, int file)
    {
        Bitfield possible = storage.PossiblePieces(storage.Stamps());
        (int first, int count) = storage.Layout.PiecesOfFile(file);
        return Enumerable.Range(first, count).Any(piece => possible[piece]);
    }

    private static bool HasOnlyZeros(FileLayout layout, StorageFile file)
    {
        const int ChunkBytes = 256 << 10;
        try
        {
            using SafeFileHandle handle = GuardedFile.Open(layout.Destination, file.FullPath, FileMode.Open, FileAccess.Read);
            long length = RandomAccess.GetLength(handle);
            byte[] buffer = new byte[ChunkBytes];
            for (long offset = SparseFile.NextData(handle, 0); offset < length;)
            {
                int read = RandomAccess.Read(handle, buffer, offset);
                if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
                    return false;
                if (read == 0)
                    break;
                offset += read;
                if (offset < length)
                    offset = SparseFile.NextData(handle, offset);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
