using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The blocks that a peer has asked for and that have not been sent. Bounded and thread-safe.</summary>
internal sealed class UploadQueue
{
    /// <summary>Requests a peer may have waiting; what we say as <c>reqq</c>.</summary>
    public const int Capacity = 500;

    /// <summary>Beyond what we say some slack is given to peers that count otherwise.</summary>
    private const int HardCapacity = 2000;

    private readonly Lock _gate = new();
    private readonly Queue<BlockRequest> _queue = new();

    /// <summary>Number of requests that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>Lets go of its memory where nothing waits.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            if (_queue.Count == 0)
                _queue.TrimExcess();
        }
    }

    /// <summary>Queues a request.</summary>
    /// <returns>False where the queue is full.</returns>
    public bool TryAdd(BlockRequest request)
    {
        lock (_gate)
        {
            if (_queue.Count >= HardCapacity)
                return false;
            _queue.Enqueue(request);
            return true;
        }
    }

    /// <summary>Takes a request out that the peer takes back.</summary>
    public bool Cancel(BlockRequest request)
    {
        lock (_gate)
        {
            if (!_queue.Contains(request))
                return false;
            for (int i = _queue.Count; i > 0; i--)
            {
                BlockRequest queued = _queue.Dequeue();
                if (queued != request)
                    _queue.Enqueue(queued);
            }

            return true;
        }
    }

    /// <summary>Takes the oldest requests.</summary>
    /// <returns>How many were taken.</returns>
    public int Take(Span<BlockRequest> into)
    {
        lock (_gate)
        {
            int taken = 0;
            while (taken < into.Length && _queue.TryDequeue(out BlockRequest request))
                into[taken++] = request;
            return taken;
        }
    }

    /// <summary>Takes them all: the peer is choked.</summary>
    public BlockRequest[] TakeAll()
    {
        lock (_gate)
        {
            BlockRequest[] all = [.. _queue];
            _queue.Clear();
            return all;
        }
    }
}
