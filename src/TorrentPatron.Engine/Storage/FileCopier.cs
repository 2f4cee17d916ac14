using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Copies one file in steps, so that it can be ended between them and others get their turn. Holes stay holes.</summary>
internal sealed class FileCopier : IDisposable
{
    /// <summary>Bytes of a step.</summary>
    private const int StepLength = 4 << 20;

    private readonly SafeFileHandle _source;
    private readonly SafeFileHandle _copy;
    private readonly string _copyPath;
    private readonly long _length;
    private readonly byte[] _buffer = new byte[StepLength];
    private long _at;

    private FileCopier(SafeFileHandle source, SafeFileHandle copy, string copyPath)
    {
        _source = source;
        _copy = copy;
        _copyPath = copyPath;
        _length = RandomAccess.GetLength(source);
    }

    /// <summary>Begins.</summary>
    /// <param name="source">Path of the file.</param>
    /// <param name="copyPath">Path of the copy, which is not there yet.</param>
    /// <param name="guard">Makes the copy's folder, and refuses links.</param>
    public static FileCopier Begin(string source, string copyPath, FolderGuard guard)
    {
        SafeFileHandle from = DiskFile.Open(source, FileMode.Open, FileAccess.Read);
        try
        {
            guard.PrepareFor(copyPath);
            SafeFileHandle copy = DiskFile.Open(copyPath, FileMode.CreateNew, FileAccess.Write);
            try
            {
                guard.Verify(copy, copyPath);
                SparseFile.Allow(copy);
                var copier = new FileCopier(from, copy, copyPath);
                RandomAccess.SetLength(copy, copier._length);
                return copier;
            }
            catch
            {
                copy.Dispose();
                throw;
            }
        }
        catch
        {
            from.Dispose();
            throw;
        }
    }

    /// <summary>Copies some bytes; with the last of them the copy is on the medium.</summary>
    /// <returns>How many; 0: all are copied.</returns>
    /// <exception cref="IOException">It failed, or the file was cut short meanwhile.</exception>
    public long Step()
    {
        if (_at >= _length)
            return 0;
        long from = _at;
        long data = SparseFile.NextData(_source, _at);
        if (data > _at)
        {
            _at = Math.Min(data, _length);
        }
        else
        {
            int read = RandomAccess.Read(_source, _buffer.AsSpan(0, (int)Math.Min(StepLength, _length - _at)), _at);
            if (read == 0)
                throw new EndOfStreamException("The file was cut short meanwhile.");
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, read);
            if (bytes.ContainsAnyExcept((byte)0))
                RandomAccess.Write(_copy, bytes, _at);
            _at += read;
        }

        if (_at >= _length)
            RandomAccess.FlushToDisk(_copy);
        return _at - from;
    }

    /// <summary>Closes both, and gives the copy the time at which the file was last written.</summary>
    public void Finish()
    {
        DateTime lastWrite = File.GetLastWriteTimeUtc(_source);
        Dispose();
        File.SetLastWriteTimeUtc(_copyPath, lastWrite);
        if (new FileInfo(_copyPath).Length != _length)
            throw new IOException("The copy is not as long as the file.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _copy.Dispose();
    }
}
