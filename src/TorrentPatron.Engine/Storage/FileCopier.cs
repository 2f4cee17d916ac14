using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Copies one file in steps, so that it can be cancelled in between and others get their turn. Keeps holes.</summary>
internal sealed class FileCopier : IDisposable
{
    /// <summary>Bytes per step.</summary>
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

    /// <summary>Starts a copy.</summary>
    /// <param name="source">Path of the file.</param>
    /// <param name="copyPath">Path of the copy, which must not exist yet.</param>
    /// <param name="from">The top folder of the file.</param>
    /// <param name="to">The top folder of the copy, which is created.</param>
    /// <param name="permissions">The copy's permissions; null means the default.</param>
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
                // Without holes the copy grows: if its length were set at once, the system would fill all of it in one call.
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

    /// <summary>The file being copied; null if the system does not provide it.</summary>
    public FileNode? Source => GuardedFile.Stat(_source);

    /// <summary>Copies some bytes; with the last of them the copy is flushed to the disk.</summary>
    /// <returns>The number copied; 0 if all are.</returns>
    /// <exception cref="IOException">The copy failed, or the file became shorter meanwhile.</exception>
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

    /// <summary>Closes both, and gives the copy the original's last-write time.</summary>
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
