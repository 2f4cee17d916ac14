using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>A file that a <see cref="FileHandlePool"/> opens when it is needed. Thread-safe.</summary>
/// <param name="open">Opens it, for writing too where that is asked for.</param>
internal sealed class PooledFile(Func<bool, SafeFileHandle> open)
{
    private readonly Lock _opening = new();
    private OpenFile? _current;
    private bool _isClosed;

    /// <summary>Becomes a user of the file if it is open as needed.</summary>
    /// <param name="write">Whether it is to be written.</param>
    public OpenFile? TryUse(bool write)
    {
        OpenFile? file = Volatile.Read(ref _current);
        return file is not null && (file.IsWritable || !write) && file.TryUse() ? file : null;
    }

    /// <summary>Opens the file if it is not open as needed, and becomes a user of it.</summary>
    /// <param name="write">Whether it is to be written.</param>
    /// <param name="isNew">Whether it was opened by this.</param>
    /// <exception cref="ObjectDisposedException">It was closed for good.</exception>
    public OpenFile Use(bool write, out bool isNew)
    {
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(TorrentStorage));
            isNew = false;
            if (TryUse(write) is { } file)
                return file;

            isNew = true;
            var opened = new OpenFile(this, open(write), write);
            opened.TryUse();
            Interlocked.Exchange(ref _current, opened)?.Leave();
            return opened;
        }
    }

    /// <summary>Lets the pool's hold on an open file go, unless that has happened already.</summary>
    /// <param name="file">Which; null: whichever is open.</param>
    public void Close(OpenFile? file = null)
    {
        if (file is null)
            Interlocked.Exchange(ref _current, null)?.Leave();
        else if (Interlocked.CompareExchange(ref _current, null, file) == file)
            file.Leave();
    }

    /// <summary>Closes the file for good; who uses it now finishes first.</summary>
    public void CloseForGood()
    {
        lock (_opening)
        {
            _isClosed = true;
            Close();
        }
    }

    /// <summary>Whether an open file is (still) this file's.</summary>
    /// <param name="file">Which.</param>
    public bool Holds(OpenFile file) => Volatile.Read(ref _current) == file;
}
