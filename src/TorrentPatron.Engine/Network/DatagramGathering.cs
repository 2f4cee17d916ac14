namespace TorrentPatron.Engine.Network;

/// <summary>The period in which datagrams gather in the outboxes of a port. Dispose it exactly once.</summary>
internal readonly struct DatagramGathering : IDisposable
{
    private readonly DatagramOutbox[]? _outboxes;

    /// <summary>Starts gathering.</summary>
    public DatagramGathering(DatagramOutbox[] outboxes)
    {
        _outboxes = outboxes;
        foreach (DatagramOutbox outbox in outboxes)
            outbox.Gather();
    }

    /// <summary>Sends the gathered datagrams.</summary>
    public void Dispose()
    {
        foreach (DatagramOutbox outbox in _outboxes ?? [])
            outbox.Release();
    }
}
