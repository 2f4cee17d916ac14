namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Limits the memory for assembling the metadata of all torrents of an engine. Fetchers that find no room take turns; likely
/// sizes have separate room, so that claims of huge sizes block nobody. Thread-safe.
/// </summary>
internal sealed class MetadataMemory
{
    /// <summary>Bytes in total, for both size classes.</summary>
    public const int Capacity = 64 << 20;

    /// <summary>Sizes up to this one, enough for a torrent of 50,000 pieces, have separate room.</summary>
    public const int MostSmall = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Room _small = new(Capacity / 4);
    private readonly Room _large = new(Capacity - Capacity / 4);

    /// <summary>Bytes in use.</summary>
    public int Taken
    {
        get
        {
            lock (_gate)
                return _small.Taken + _large.Taken;
        }
    }

    /// <summary>Whether a size belongs to the small ones.</summary>
    public static bool IsSmall(int size) => size <= MostSmall;

    /// <summary>
    /// Takes memory if there is enough and no other fetcher has waited longer; otherwise the fetcher joins the queue.
    /// </summary>
    /// <param name="fetcher">The fetcher that takes it.</param>
    /// <param name="size">Bytes.</param>
    public bool TryTake(object fetcher, int size)
    {
        lock (_gate)
        {
            Room room = RoomOf(size);
            bool isNext = room.Waiting.Count == 0 || room.Waiting[0] == fetcher;
            if (!isNext || size > room.Capacity - room.Taken)
            {
                if (!room.Waiting.Contains(fetcher))
                    room.Waiting.Add(fetcher);
                return false;
            }

            room.Waiting.Remove(fetcher);
            room.Taken += size;
            return true;
        }
    }

    /// <summary>Returns memory.</summary>
    public void Return(int size)
    {
        lock (_gate)
            RoomOf(size).Taken -= size;
    }

    /// <summary>Removes a fetcher from the queue.</summary>
    public void Withdraw(object fetcher, bool isSmall)
    {
        lock (_gate)
            (isSmall ? _small : _large).Waiting.Remove(fetcher);
    }

    /// <summary>Whether a fetcher is waiting for the memory used by a size.</summary>
    public bool IsWanted(int size)
    {
        lock (_gate)
            return RoomOf(size).Waiting.Count > 0;
    }

    private Room RoomOf(int size) => IsSmall(size) ? _small : _large;

    private sealed class Room(int capacity)
    {
        public int Capacity => capacity;

        public int Taken { get; set; }

        /// <summary>Waiting fetchers, longest wait first.</summary>
        public List<object> Waiting { get; } = [];
    }
}
