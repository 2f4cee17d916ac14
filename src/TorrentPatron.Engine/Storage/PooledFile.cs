namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A file that a <see cref="FileHandlePool"/> opens on demand: separately for reading and for writing, so that it can be closed
/// for writing while others read it. Thread-safe.
/// </summary>
/// <param name="opener">Opens it.</param>
/// <param name="index">Its index among the opener's files.</param>
internal sealed class PooledFile(IFileOpener opener, int index)
{
    private OpenFile? _reader;
    private OpenFile? _writer;
    private bool _isClosed;

    /// <summary>Whether it is open for writing.</summary>
    public bool IsOpenForWriting => Volatile.Read(ref _writer) is not null;

    /// <summary>Adds a user if the file is open as needed.</summary>
    /// <param name="write">Whether for writing.</param>
    public OpenFile? TryUse(bool write) => Volatile.Read(ref Place(write)) is { } file && file.TryUse() ? file : null;

    /// <summary>Opens the file if it is not open as needed, and adds a user.</summary>
    /// <param name="write">Whether for writing.</param>
    /// <param name="isNew">Whether this call opened it.</param>
    /// <exception cref="ObjectDisposedException">The file was closed for good.</exception>
    public OpenFile Use(bool write, out bool isNew)
    {
        lock (this)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(TorrentStorage));
            isNew = false;
            if (TryUse(write) is { } file)
                return file;

            isNew = true;
            var opened = new OpenFile(this, opener.Open(index, write), write);
            opened.TryUse();
            Interlocked.Exchange(ref Place(write), opened)?.Leave();
            return opened;
        }
    }

    /// <summary>Removes the pool as a user of the file, whether open for reading or writing.</summary>
    public void Close()
    {
        Interlocked.Exchange(ref _reader, null)?.Leave();
        CloseForWriting();
    }

    /// <summary>Removes the pool as a user of the file if it is open for writing.</summary>
    public void CloseForWriting() => Interlocked.Exchange(ref _writer, null)?.Leave();

    /// <summary>Removes the pool as a user of an open file, unless that was done before.</summary>
    /// <param name="file">The open file.</param>
    public void Close(OpenFile file)
    {
        if (Interlocked.CompareExchange(ref Place(file.IsWritable), null, file) == file)
            file.Leave();
    }

    /// <summary>Closes the file for good; current users finish first.</summary>
    public void CloseForGood()
    {
        lock (this)
        {
            _isClosed = true;
            Close();
        }
    }

    /// <summary>Whether an open file still belongs to this file.</summary>
    /// <param name="file">The open file.</param>
    public bool Holds(OpenFile file) => Volatile.Read(ref Place(file.IsWritable)) == file;

    private ref OpenFile? Place(bool write) => ref write ? ref _writer : ref _reader;
}
