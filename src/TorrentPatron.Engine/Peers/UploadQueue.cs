using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>A peer's requests that have not been served. Bounded and thread-safe.</summary>
internal sealed class UploadQueue
{
    /// <summary>The number of waiting requests that we advertise as <c>reqq</c>.</summary>
    public const int Capacity = 500;

    /// <summary>The real limit, with some slack for peers that count differently.</summary>
    private const int HardCapacity = 2000;

    private readonly Lock _gate = new();
    private readonly Queue<BlockRequest> _queue = new();

    /// <summary>The number of waiting requests.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>Releases its memory if nothing is waiting.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            if (_queue.Count == 0)
                _queue.TrimExcess();
        }
    }

    /// <summary>Queues a request.</summary>
    /// <returns>False if the queue is full.</returns>
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

    /// <summary>Removes a request that the peer has cancelled.</summary>
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
    /// <returns>The number taken.</returns>
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

    /// <summary>Takes all requests, because the peer is choked.</summary>
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
