namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A file that a <see cref="FileHandlePool"/> opens when it is needed: for reading, and apart from that for writing, so that it can be
/// closed for writing whoever reads it. Thread-safe.
/// </summary>
/// <param name="opener">Opens it.</param>
/// <param name="index">Which of the opener's files it is.</param>
internal sealed class PooledFile(IFileOpener opener, int index)
{
    private OpenFile? _reader;
    private OpenFile? _writer;
    private bool _isClosed;

    /// <summary>Whether it is open for writing.</summary>
    public bool IsOpenForWriting => Volatile.Read(ref _writer) is not null;

    /// <summary>Becomes a user of the file if it is open as needed.</summary>
    /// <param name="write">Whether it is to be written.</param>
    public OpenFile? TryUse(bool write) => Volatile.Read(ref Place(write)) is { } file && file.TryUse() ? file : null;

    /// <summary>Opens the file if it is not open as needed, and becomes a user of it.</summary>
    /// <param name="write">Whether it is to be written.</param>
    /// <param name="isNew">Whether it was opened by this.</param>
    /// <exception cref="ObjectDisposedException">It was closed for good.</exception>
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

    /// <summary>Lets the pool's hold on the file go, whether it is open for reading or writing.</summary>
    public void Close()
    {
        Interlocked.Exchange(ref _reader, null)?.Leave();
        CloseForWriting();
    }

    /// <summary>Lets the pool's hold on the file go where it is open for writing.</summary>
    public void CloseForWriting() => Interlocked.Exchange(ref _writer, null)?.Leave();

    /// <summary>Lets the pool's hold on an open file go, unless that has happened already.</summary>
    /// <param name="file">Which.</param>
    public void Close(OpenFile file)
    {
        if (Interlocked.CompareExchange(ref Place(file.IsWritable), null, file) == file)
            file.Leave();
    }

    /// <summary>Closes the file for good; who uses it now finishes first.</summary>
    public void CloseForGood()
    {
        lock (this)
        {
            _isClosed = true;
            Close();
        }
    }

    /// <summary>Whether an open file is (still) this file's.</summary>
    /// <param name="file">Which.</param>
    public bool Holds(OpenFile file) => Volatile.Read(ref Place(file.IsWritable)) == file;

    private ref OpenFile? Place(bool write) => ref write ? ref _writer : ref _reader;
}
