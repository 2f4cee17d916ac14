namespace TorrentPatron.Engine.Network;

/// <summary>A time in which datagrams gather in the outboxes of a port. It is disposed once.</summary>
internal readonly struct DatagramGathering : IDisposable
{
    private readonly DatagramOutbox[]? _outboxes;

    /// <summary>Begins to gather.</summary>
    public DatagramGathering(DatagramOutbox[] outboxes)
    {
        _outboxes = outboxes;
        foreach (DatagramOutbox outbox in outboxes)
            outbox.Gather();
    }

    /// <summary>What has gathered leaves.</summary>
    public void Dispose()
    {
        foreach (DatagramOutbox outbox in _outboxes ?? [])
            outbox.Release();
    }
}
