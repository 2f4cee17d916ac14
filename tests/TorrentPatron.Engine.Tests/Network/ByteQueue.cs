namespace TorrentPatron.Engine.Tests.Network;

/// <summary>One direction of a <see cref="MemoryConnection"/>: a bounded queue of bytes.</summary>
internal sealed class ByteQueue
{
    private const int Bound = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[Bound];
    private int _start;
    private int _count;
    private bool _isEnded;
    private bool _isBroken;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Task changed;
            lock (_gate)
            {
                if (_isEnded || _isBroken)
                    throw new IOException("The connection is closed.");
                int written = Math.Min(bytes.Length, Bound - _count);
                for (int i = 0; i < written; i++)
                    _bytes[(_start + _count + i) % Bound] = bytes.Span[i];
                _count += written;
                bytes = bytes[written..];
                changed = _changed.Task;
                if (written > 0)
                {
                    Signal();
                    continue;
                }
            }

            await changed;
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isBroken)
                    throw new IOException("The connection is closed.");
                if (_count > 0)
                {
                    int read = Math.Min(into.Length, _count);
                    for (int i = 0; i < read; i++)
                        into.Span[i] = _bytes[(_start + i) % Bound];
                    _start = (_start + read) % Bound;
                    _count -= read;
                    Signal();
                    return read;
                }

                if (_isEnded)
                    return 0;
                changed = _changed.Task;
            }

            await changed;
        }
    }

    /// <summary>Ends writing; data in the queue can still be read.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            Signal();
        }
    }

    /// <summary>Ends reading.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _isBroken = true;
            Signal();
        }
    }

    private void Signal()
    {
        _changed.SetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
