namespace TorrentPatron.Engine.Storage;

/// <summary>A torrent's traffic and seeding time, over all runs.</summary>
/// <param name="Received">Payload received, bytes.</param>
/// <param name="Sent">Payload sent, bytes.</param>
/// <param name="Seeding">Time spent seeding.</param>
internal readonly record struct TransferTotals(long Received, long Sent, TimeSpan Seeding)
{
    /// <summary>The saved totals.</summary>
    public static TransferTotals Of(ResumeData data) => new(data.BytesReceived, data.BytesSent, data.SeedingTime);

    /// <summary>Whether bytes have moved between two totals.</summary>
    public bool HaveMovedSince(TransferTotals others) => Received != others.Received || Sent != others.Sent;
}
