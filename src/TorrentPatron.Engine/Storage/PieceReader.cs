using Microsoft.Win32.SafeHandles;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Reads and verifies a torrent's pieces from files in any location. Writes nothing. For use by one thread.</summary>
/// <param name="layout">Maps bytes to files.</param>
/// <param name="verifier">Verifies pieces.</param>
/// <param name="cancellationToken">Cancels within milliseconds.</param>
internal sealed class PieceReader(FileLayout layout, PieceVerifier verifier, CancellationToken cancellationToken)
{
    private const int ChunkBytes = 256 << 10;

    private byte[] _buffer = new byte[ChunkBytes];

    /// <summary>Whether a piece is good. An unreadable one is not.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="fileOf">Returns the location of each of its files; null means nowhere.</param>
    /// <param name="onChunk">Takes the bytes with their offset in the torrent, before they are verified; null means not.</param>
    public bool Matches(int piece, Func<int, DataFile?> fileOf, Action<long, ReadOnlyMemory<byte>>? onChunk = null)
    {
        using PieceHash hash = verifier.Begin(piece);
        long offset = layout.PieceOffset(piece), end = offset + layout.PieceSize(piece);
        using var open = new OpenFiles();
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Memory<byte> chunk = _buffer.AsMemory(0, (int)Math.Min(ChunkBytes, end - offset));
            if (!TryRead(offset, chunk.Span, fileOf, open))
                return false;
            hash.Append(chunk.Span);
            onChunk?.Invoke(offset, chunk);
            offset += chunk.Length;
        }

        return verifier.Verify(piece, hash);
    }

    /// <summary>Reads a whole piece, if it is good.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="fileOf">Returns the location of each of its files; null means nowhere.</param>
    /// <param name="bytes">Its bytes, valid until the next piece is read.</param>
    public bool TryReadWhole(int piece, Func<int, DataFile?> fileOf, out ReadOnlySpan<byte> bytes)
    {
        int size = layout.PieceSize(piece);
        if (_buffer.Length < size)
            _buffer = new byte[size];
        bytes = _buffer.AsSpan(0, size);
        using var open = new OpenFiles();
        cancellationToken.ThrowIfCancellationRequested();
        if (!TryRead(layout.PieceOffset(piece), _buffer.AsSpan(0, size), fileOf, open))
            return false;
        using PieceHash hash = verifier.Begin(piece);
        hash.Append(bytes);
        return verifier.Verify(piece, hash);
    }

    private bool TryRead(long offset, Span<byte> buffer, Func<int, DataFile?> fileOf, OpenFiles open)
    {
        try
        {
            return Read(offset, buffer, fileOf, open);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private bool Read(long offset, Span<byte> buffer, Func<int, DataFile?> fileOf, OpenFiles open)
    {
        for (int index = -1; !buffer.IsEmpty;)
        {
            (long end, bool isGap) = layout.Extent(offset, ref index);
            Span<byte> part = buffer[..(int)Math.Min(buffer.Length, end - offset)];
            StorageFile file = layout.Files[index];
            if (isGap || !file.IsStored)
            {
                part.Clear();
            }
            else
            {
                if (!open.TryGetValue(index, out SafeFileHandle? handle))
                {
                    if (fileOf(index) is not { } source)
                        return false;
                    open[index] = handle = GuardedFile.Open(source.Top, source.Path, FileMode.Open, FileAccess.Read);
                }

                for (int done = 0, read; done < part.Length; done += read)
                {
                    read = RandomAccess.Read(handle, part[done..], offset - file.Offset + done);
                    if (read == 0)
                        return false;
                }
            }

            offset += part.Length;
            buffer = buffer[part.Length..];
        }

        return true;
    }

    /// <summary>The files of one piece.</summary>
    private sealed class OpenFiles : Dictionary<int, SafeFileHandle>, IDisposable
    {
        public void Dispose()
        {
            foreach (SafeFileHandle file in Values)
                file.Dispose();
        }
    }
}
