using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Copies one file in steps, so that it can be ended between them and others get their turn. Holes stay holes.</summary>
internal sealed class FileCopier : IDisposable
{
    /// <summary>Bytes of a step.</summary>
    private const int StepLength = 4 << 20;

    private readonly SafeFileHandle _source;
    private readonly SafeFileHandle _copy;
    private readonly long _length;
    private readonly bool _areHolesKnown;
    private readonly byte[] _buffer = new byte[StepLength];
    private long _at;

    private FileCopier(SafeFileHandle source, SafeFileHandle copy, bool areHolesKnown)
    {
        _areHolesKnown = areHolesKnown;
        _source = source;
        _copy = copy;
        _length = RandomAccess.GetLength(source);
    }

    /// <summary>Begins.</summary>
    /// <param name="source">Path of the file.</param>
    /// <param name="copyPath">Path of the copy, which is not there yet.</param>
    /// <param name="from">The folder below which the file is.</param>
    /// <param name="to">The folder below which the copy is to be; it is made.</param>
    /// <param name="permissions">The copy's permissions; null: those of any new file.</param>
    public static FileCopier Begin(string source, string copyPath, string from, string to, UnixFileMode? permissions = null)
    {
        SafeFileHandle original = GuardedFile.Open(from, source, FileMode.Open, FileAccess.Read);
        try
        {
            SafeFileHandle copy = GuardedFile.OpenOrMake(to, copyPath, FileMode.CreateNew, FileAccess.Write);
            try
            {
                if (permissions is { } mode && !OperatingSystem.IsWindows())
                    File.SetUnixFileMode(copy, mode);
                // Where there are no holes, the copy grows: its length set at once, the system would fill it all in one call.
                bool areHolesKnown = SparseFile.AreKnown(copy, copyPath);
                var copier = new FileCopier(original, copy, areHolesKnown);
                if (areHolesKnown)
                {
                    SparseFile.Allow(copy);
                    RandomAccess.SetLength(copy, copier._length);
                }

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
            original.Dispose();
            throw;
        }
    }

    /// <summary>The file that is copied; null where the system does not tell.</summary>
    public FileNode? Source => GuardedFile.Stat(_source);

    /// <summary>Copies some bytes; with the last of them the copy is on the medium.</summary>
    /// <returns>How many; 0: all are copied.</returns>
    /// <exception cref="IOException">It failed, or the file was cut short meanwhile.</exception>
    public long Step()
    {
        if (_at >= _length)
            return 0;
        long from = _at;
        long data = _areHolesKnown ? SparseFile.NextData(_source, _at) : _at;
        if (data > _at)
        {
            _at = Math.Min(data, _length);
        }
        else
        {
            int read = RandomAccess.Read(_source, _buffer.AsSpan(0, (int)Math.Min(StepLength, _length - _at)), _at);
            if (read == 0)
                throw new EndOfStreamException("The file became shorter during the copy.");
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, read);
            if (!_areHolesKnown || bytes.ContainsAnyExcept((byte)0))
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
        if (RandomAccess.GetLength(_copy) != _length)
            throw new IOException("The copy is shorter than the file.");
        File.SetLastWriteTimeUtc(_copy, File.GetLastWriteTimeUtc(_source));
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _copy.Dispose();
    }
}
