namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Bounds the memory in which the metadata of all torrents of an engine is put together. Fetchers that find no room take turns; sizes that are
/// likely have room of their own, so that whoever claims great ones keeps out nobody. Thread-safe.
/// </summary>
internal sealed class MetadataMemory
{
    /// <summary>Bytes for all.</summary>
    public const int Capacity = 64 << 20;

    /// <summary>Sizes up to this one, which is that of a torrent of 50,000 pieces, have their own room.</summary>
    public const int MostSmall = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Room _small = new(Capacity / 4);
    private readonly Room _large = new(Capacity - Capacity / 4);

    /// <summary>Bytes taken.</summary>
    public int Taken
    {
        get
        {
            lock (_gate)
                return _small.Taken + _large.Taken;
        }
    }

    /// <summary>Whether a size has its room among the small ones.</summary>
    public static bool IsSmall(int size) => size <= MostSmall;

    /// <summary>Takes memory, where there is some and nobody else has waited longer for it; else the fetcher waits for its turn from now on.</summary>
    /// <param name="fetcher">Who takes it.</param>
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

    /// <summary>Gives memory back.</summary>
    public void Return(int size)
    {
        lock (_gate)
            RoomOf(size).Taken -= size;
    }

    /// <summary>A fetcher waits no longer.</summary>
    public void Withdraw(object fetcher, bool isSmall)
    {
        lock (_gate)
            (isSmall ? _small : _large).Waiting.Remove(fetcher);
    }

    /// <summary>Whether anybody waits for memory that is taken for a size.</summary>
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

        /// <summary>Fetchers that wait, longest first.</summary>
        public List<object> Waiting { get; } = [];
    }
}
