namespace TorrentPatron.Engine.Storage;

/// <summary>What a torrent has moved, and for how long it has seeded, over all runs.</summary>
/// <param name="Received">Payload received, bytes.</param>
/// <param name="Sent">Payload sent, bytes.</param>
/// <param name="Seeding">Time spent seeding.</param>
internal readonly record struct TransferTotals(long Received, long Sent, TimeSpan Seeding)
{
    /// <summary>Those that were saved.</summary>
    public static TransferTotals Of(ResumeData data) => new(data.BytesReceived, data.BytesSent, data.SeedingTime);

    /// <summary>Whether bytes have moved between these and others.</summary>
    public bool HaveMovedSince(TransferTotals others) => Received != others.Received || Sent != others.Sent;
}
