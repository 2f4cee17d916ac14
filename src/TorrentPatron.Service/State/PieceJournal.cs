using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.State;

/// <summary>
/// Notes of pieces that were verified since the last checkpoint: records of 8 bytes, a piece's index and a check on it. It
/// is not flushed to the medium: it outlives the process, and what outlives no power cut is hashed again anyway.
/// Thread-safe.
/// </summary>
internal sealed class PieceJournal : IDisposable
{
    private const int RecordBytes = 8;

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file;
    private readonly byte[] _checked = new byte[InfoHash.Length + sizeof(int)];
    private readonly Bitfield _noted;
    private long _length;

    /// <summary>Opens the journal and reads it, as far as it is sound; what follows is cut off.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public PieceJournal(string path, InfoHash torrent, int pieceCount)
    {
        torrent.CopyTo(_checked);
        _noted = new Bitfield(pieceCount);
        using (var file = new FileStream(path, AtomicFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read)))
            Read(file);
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read);
    }

    /// <summary>The pieces noted, as a field of the caller's own.</summary>
    public Bitfield Noted()
    {
        lock (_gate)
            return _noted.Clone();
    }

    /// <summary>Notes a piece.</summary>
    public void Add(int piece)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        lock (_gate)
        {
            if (_file.IsClosed || (uint)piece >= (uint)_noted.Length || !_noted.Set(piece))
                return;
            WriteRecord(record, piece);
            TryAppend(record);
        }
    }

    /// <summary>Forgets the pieces that a checkpoint holds. Those noted while it was written stay.</summary>
    public void Forget(Bitfield saved)
    {
        lock (_gate)
        {
            if (_file.IsClosed)
                return;
            for (int piece = 0; piece < _noted.Length; piece++)
            {
                if (_noted[piece] && saved[piece])
                    _noted.Clear(piece);
            }

            var records = new byte[_noted.Count * RecordBytes];
            for (int piece = 0, offset = 0; piece < _noted.Length; piece++)
            {
                if (!_noted[piece])
                    continue;
                WriteRecord(records.AsSpan(offset), piece);
                offset += RecordBytes;
            }

            RandomAccess.SetLength(_file, 0);
            _length = 0;
            TryAppend(records);
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _file.Dispose();
    }

    private void Read(FileStream file)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        Span<byte> sound = stackalloc byte[RecordBytes];
        using var buffered = new BufferedStream(file, 64 * 1024);
        while (buffered.ReadAtLeast(record, RecordBytes, throwOnEndOfStream: false) == RecordBytes)
        {
            int piece = BinaryPrimitives.ReadInt32LittleEndian(record);
            if ((uint)piece >= (uint)_noted.Length)
                break;
            WriteRecord(sound, piece);
            if (!record.SequenceEqual(sound))
                break;
            _noted.Set(piece);
            _length += RecordBytes;
        }

        file.SetLength(_length);
    }

    private void TryAppend(ReadOnlySpan<byte> records)
    {
        try
        {
            RandomAccess.Write(_file, records, _length);
            _length += records.Length;
        }
        catch (IOException)
        {
            // A note that is lost costs one piece's hashing after a crash; the next one takes its place.
        }
    }

    /// <summary>The check binds the record to the torrent, so that no stray bytes and no other torrent's pass for one.</summary>
    private void WriteRecord(Span<byte> record, int piece)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, piece);
        BinaryPrimitives.WriteInt32LittleEndian(_checked.AsSpan(InfoHash.Length), piece);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(_checked, digest);
        digest[..4].CopyTo(record[4..]);
    }
}
