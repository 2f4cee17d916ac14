using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The bytes of skipped files that were downloaded because they share pieces with wanted ones: kept in one hidden file beside the
/// torrent's data, so that skipped files do not appear. Created with the first byte. Thread-safe; blocks on the disk.
/// </summary>
/// <remarks>
/// A header is followed by slots: a record (the piece's index, and a checksum that binds it to the torrent) and room for the
/// piece. Slots are allocated as pieces arrive, so that the file stays small even on file systems without holes. Its contents are
/// not trusted: pieces are hashed, and resume data says which are good.
/// </remarks>
/// <param name="layout">The layout of the torrent's files.</param>
/// <param name="pool">Keeps the file open.</param>
internal sealed class PartsFile(FileLayout layout, FileHandlePool pool) : IDisposable
{
    private const int HeaderBytes = 128;
    private const int RecordBytes = 16;

    private readonly Lock _gate = new();
    private readonly byte[] _header = MakeHeader(layout);
    private readonly PooledFile _file = new(new Opener(layout), 0);

    /// <summary>The slot of each piece that has one; null until it has been read.</summary>
    private Dictionary<int, int>? _slots;
    private Queue<int> _free = new();
    private bool _isUnflushed;

    /// <summary>Whether it has bytes of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public bool Has(int piece)
    {
        lock (_gate)
            return Slots().ContainsKey(piece);
    }

    /// <summary>Reads bytes; bytes never written are zeros.</summary>
    /// <param name="offset">The offset in the torrent.</param>
    /// <param name="buffer">The buffer.</param>
    /// <returns>False if it has nothing of a piece.</returns>
    /// <exception cref="StorageException">The file cannot be read.</exception>
    public bool TryRead(long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            while (!buffer.IsEmpty)
            {
                (int piece, int begin, int count) = Split(offset, buffer.Length);
                if (!Slots().TryGetValue(piece, out int slot))
                    return false;
                Read(PlaceOf(slot) + RecordBytes + begin, buffer[..count]);
                offset += count;
                buffer = buffer[count..];
            }

            return true;
        }
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="offset">The offset in the torrent.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="StorageException">The write failed, or a file of another kind is in the way.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            try
            {
                Dictionary<int, int> slots = Slots();
                OpenFile open = pool.Use(_file, write: true);
                try
                {
                    while (!bytes.IsEmpty)
                    {
                        (int piece, int begin, int count) = Split(offset, bytes.Length);
                        if (!slots.TryGetValue(piece, out int slot))
                            slots[piece] = slot = TakeSlot(open.Handle, piece);
                        RandomAccess.Write(open.Handle, bytes[..count], PlaceOf(slot) + RecordBytes + begin);
                        _isUnflushed = true;
                        offset += count;
                        bytes = bytes[count..];
                    }
                }
                finally
                {
                    open.Leave();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.Write(e, layout.PartsPath);
            }
        }
    }

    /// <summary>Flushes everything written before the call to the disk.</summary>
    /// <exception cref="StorageException">The flush failed; the file still counts as unflushed.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            if (!_isUnflushed || !File.Exists(layout.PartsPath))
                return;
            try
            {
                OpenFile open = pool.Use(_file, write: true);
                try
                {
                    RandomAccess.FlushToDisk(open.Handle);
                    _isUnflushed = false;
                }
                finally
                {
                    open.Leave();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.Write(e, layout.PartsPath);
            }
        }
    }

    /// <summary>Closes the file; its slots are read again when needed.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _slots = null;
            _file.Close();
        }
    }

    /// <summary>Closes the file for writing.</summary>
    public void CloseForWriting() => _file.CloseForWriting();

    /// <summary>Deletes the file, unless it is of another kind. Failures are ignored.</summary>
    public void Delete()
    {
        lock (_gate)
        {
            Close();
            try
            {
                if (!File.Exists(layout.PartsPath))
                    return;
                using SafeFileHandle file = GuardedFile.Open(layout.Destination, layout.PartsPath, FileMode.Open, FileAccess.Read);
                if (RandomAccess.GetLength(file) == 0 || IsOurs(file, _header))
                    GuardedFile.Delete(layout.Destination, layout.PartsPath, GuardedFile.Stat(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It takes space, but does no harm.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.CloseForGood();

    private static byte[] MakeHeader(FileLayout layout)
    {
        byte[] header = new byte[HeaderBytes];
        Encoding.UTF8.GetBytes($"TorrentPatron parts 1\n{Path.GetFileName(layout.PartsPath)}\n").CopyTo(header, 0);
        return header;
    }

    private static SafeFileHandle Open(FileLayout layout, bool write)
    {
        string path = layout.PartsPath;
        if (!write)
            return GuardedFile.Open(layout.Destination, path, FileMode.Open, FileAccess.Read);
        SafeFileHandle handle = GuardedFile.OpenOrMake(layout.Destination, path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        try
        {
            byte[] header = MakeHeader(layout);
            bool isNew = RandomAccess.GetLength(handle) == 0;
            if (!isNew && !IsOurs(handle, header))
                throw StorageErrors.Foreign($"'{path}' already exists and was not created by TorrentPatron.");
            RandomAccess.Write(handle, header, 0);
            if (isNew)
                SparseFile.Allow(handle);
            if (isNew && OperatingSystem.IsWindows())
                File.SetAttributes(path, FileAttributes.Hidden);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    // A crash may leave zeros instead of a header.
    private static bool IsOurs(SafeFileHandle handle, byte[] header)
    {
        byte[] there = new byte[HeaderBytes];
        int read = 0;
        while (read < there.Length && RandomAccess.Read(handle, there.AsSpan(read), read) is > 0 and var count)
            read += count;
        return there.AsSpan().SequenceEqual(header) || !there.AsSpan().ContainsAnyExcept((byte)0);
    }

    private long PlaceOf(int slot) => HeaderBytes + (slot * (long)(RecordBytes + layout.PieceLength));

    private (int Piece, int Begin, int Count) Split(long offset, int length)
    {
        (long piece, long begin) = Math.DivRem(offset, layout.PieceLength);
        return ((int)piece, (int)begin, (int)Math.Min(length, layout.PieceLength - begin));
    }

    private Dictionary<int, int> Slots() => _slots ??= ReadSlots();

    private Dictionary<int, int> ReadSlots()
    {
        var slots = new Dictionary<int, int>();
        _free = new Queue<int>();
        if (!File.Exists(layout.PartsPath))
            return slots;
        try
        {
            using SafeFileHandle handle = GuardedFile.Open(layout.Destination, layout.PartsPath, FileMode.Open, FileAccess.Read);
            if (!IsOurs(handle, _header))
                return slots;
            long length = RandomAccess.GetLength(handle);
            Span<byte> record = stackalloc byte[RecordBytes], sound = stackalloc byte[RecordBytes];
            // Each piece has at most one slot: anything after that many is ignored.
            for (int slot = 0; slot < layout.PieceCount && PlaceOf(slot) < length; slot++)
            {
                int read = RandomAccess.Read(handle, record, PlaceOf(slot));
                int piece = BinaryPrimitives.ReadInt32LittleEndian(record);
                bool isSound = read == RecordBytes && (uint)piece < (uint)layout.PieceCount
                    && PlaceOf(slot) + RecordBytes + layout.PieceSize(piece) <= length;
                if (isSound)
                    WriteRecord(sound, piece);
                if (!isSound || !record.SequenceEqual(sound) || !slots.TryAdd(piece, slot))
                    _free.Enqueue(slot);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An unreadable file counts as missing; a write reports the reason.
            slots.Clear();
        }

        return slots;
    }

    private int TakeSlot(SafeFileHandle handle, int piece)
    {
        if (!_free.TryDequeue(out int slot))
            slot = _slots!.Count;
        long end = PlaceOf(slot) + RecordBytes + layout.PieceSize(piece);
        if (RandomAccess.GetLength(handle) < end)
            RandomAccess.SetLength(handle, end);
        Span<byte> record = stackalloc byte[RecordBytes];
        WriteRecord(record, piece);
        RandomAccess.Write(handle, record, PlaceOf(slot));
        return slot;
    }

    private void Read(long place, Span<byte> buffer)
    {
        try
        {
            OpenFile open = pool.Use(_file, write: false);
            try
            {
                while (!buffer.IsEmpty)
                {
                    int read = RandomAccess.Read(open.Handle, buffer, place);
                    if (read == 0)
                        break;
                    place += read;
                    buffer = buffer[read..];
                }

                buffer.Clear();
            }
            finally
            {
                open.Leave();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Read(e, layout.PartsPath);
        }
    }

    private sealed class Opener(FileLayout layout) : IFileOpener
    {
        public SafeFileHandle Open(int index, bool write) => PartsFile.Open(layout, write);
    }

    private void WriteRecord(Span<byte> record, int piece)
    {
        Span<byte> content = stackalloc byte[HeaderBytes + sizeof(int)];
        _header.CopyTo(content);
        BinaryPrimitives.WriteInt32LittleEndian(content[HeaderBytes..], piece);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(content, digest);
        BinaryPrimitives.WriteInt32LittleEndian(record, piece);
        digest[..(RecordBytes - sizeof(int))].CopyTo(record[sizeof(int)..]);
    }
}
