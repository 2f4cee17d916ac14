using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.State;

/// <summary>
/// Notes of the pieces verified since the last checkpoint: records of 8 bytes, with a piece's index and a checksum. The file is not flushed
/// to the disk: it survives the end of the process, and after a power cut pieces are hashed again anyway. The file exists, and is open, only
/// while there are notes. Thread-safe.
/// </summary>
/// <param name="folder">The state folder.</param>
/// <param name="path">The file's path, below it.</param>
/// <param name="torrent">Which torrent.</param>
/// <param name="pieceCount">Its number of pieces.</param>
internal sealed class PieceJournal(string folder, string path, TorrentId torrent, int pieceCount) : IDisposable
{
    private const int RecordBytes = 8;

    private readonly byte[] _torrent = torrent.ToArray();
    private readonly Lock _gate = new();
    private FileStream? _file;
    private Bitfield? _noted;
    private long _length;
    private bool _isClosed;

    /// <summary>The noted pieces, as a new bit field. Truncates the file at the first invalid record.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public Bitfield Noted()
    {
        lock (_gate)
            return Read().Clone();
    }

    /// <summary>Notes a piece. If a note cannot be written, the piece is hashed again after a crash; the next note takes its place.</summary>
    public void Add(int piece)
    {
        lock (_gate)
        {
            if (_isClosed || (uint)piece >= (uint)pieceCount)
                return;
            try
            {
                _noted = Read();
                if (!_noted.Set(piece))
                    return;
                Span<byte> record = stackalloc byte[RecordBytes];
                WriteRecord(record, piece);
                Append(record);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // The note is lost.
            }
        }
    }

    /// <summary>Removes the notes of pieces that a checkpoint contains. Later notes stay.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Forget(Bitfield saved)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            Bitfield noted = Read();
            if (noted.IsEmpty)
                return;
            for (int piece = 0; piece < noted.Length; piece++)
            {
                if (noted[piece] && saved[piece])
                    noted.Clear(piece);
            }

            if (noted.IsEmpty)
                Delete();
            else
                WriteAnew(noted);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _file?.Dispose();
        }
    }

    private Bitfield Read()
    {
        if (_noted is not null)
            return _noted;
        if (!File.Exists(path))
            return new Bitfield(pieceCount);

        try
        {
            using FileStream file = Open(FileMode.Open, FileAccess.ReadWrite);
            return _noted = ReadRecords(file);
        }
        catch (Exception fault) when (fault is UnsafeFileException or UnauthorizedAccessException)
        {
            // A link, a pipe or another user's file: it is not our journal.
            StateFile.TryDelete(folder, path);
            return new Bitfield(pieceCount);
        }
    }

    private Bitfield ReadRecords(FileStream file)
    {
        // Each piece is noted at most once, so anything beyond that many records is invalid.
        byte[] records = new byte[Math.Min(file.Length, (long)pieceCount * RecordBytes)];
        int end = file.ReadAtLeast(records, records.Length, throwOnEndOfStream: false) / RecordBytes * RecordBytes;
        var noted = new Bitfield(pieceCount);
        Span<byte> sound = stackalloc byte[RecordBytes];
        for (_length = 0; _length < end; _length += RecordBytes)
        {
            ReadOnlySpan<byte> record = records.AsSpan((int)_length, RecordBytes);
            int piece = BinaryPrimitives.ReadInt32LittleEndian(record);
            if ((uint)piece >= (uint)pieceCount)
                break;
            WriteRecord(sound, piece);
            if (!record.SequenceEqual(sound) || !noted.Set(piece))
                break;
        }

        file.SetLength(_length);
        return noted;
    }

    private void Append(ReadOnlySpan<byte> records)
    {
        _file ??= Open(FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(_file.SafeFileHandle, records, _length);
        _length += records.Length;
    }

    private void Delete()
    {
        _file?.Dispose();
        (_file, _noted, _length) = (null, null, 0);
        SharingViolation.RetryDenied(() => GuardedFile.Delete(folder, path));
    }

    private FileStream Open(FileMode mode, FileAccess access) => new(
        StateFile.OpenPatiently(folder, path, mode, access, FileShare.Read), access, bufferSize: 0);

    private void WriteAnew(Bitfield noted)
    {
        var records = new byte[noted.Count * RecordBytes];
        for (int piece = 0, offset = 0; piece < noted.Length; piece++)
        {
            if (!noted[piece])
                continue;
            WriteRecord(records.AsSpan(offset), piece);
            offset += RecordBytes;
        }

        _length = 0;
        Append(records);
        _file!.SetLength(_length);
    }

    /// <summary>The checksum includes the torrent, so that neither stray bytes nor another torrent's records are accepted.</summary>
    private void WriteRecord(Span<byte> record, int piece)
    {
        Span<byte> content = stackalloc byte[_torrent.Length + sizeof(int)];
        _torrent.CopyTo(content);
        BinaryPrimitives.WriteInt32LittleEndian(content[_torrent.Length..], piece);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(content, digest);
        BinaryPrimitives.WriteInt32LittleEndian(record, piece);
        digest[..4].CopyTo(record[4..]);
    }
}
