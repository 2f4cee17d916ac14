using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Invariants of every snapshot of a torrent.</summary>
internal static class StatusInvariants
{
    public static void Check(TorrentStatus status)
    {
        string what = status.ToString();
        Assert.True(status.PercentComplete is >= 0 and <= 100, what);
        Assert.True(status.CompletedSize >= 0 && status.CompletedSize <= status.WantedSize && status.WantedSize >= 0, what);
        Assert.True(status.VerifiedPieces <= status.PieceCount, what);
        Assert.True(status.IsComplete == status.CompletedAt is not null, what);
        Assert.True(status.IsComplete || status.Completion is null, what);
        Assert.True(status.IsComplete || status.State != TorrentState.Seeding, what);
        Assert.True((status.EstimatedTimeLeft ?? TimeSpan.Zero) >= TimeSpan.Zero, what);
        if (!status.IsComplete)
            return;
        Assert.False(status.State is TorrentState.Checking or TorrentState.Downloading or TorrentState.FetchingMetadata, what);
        Assert.Equal(status.WantedSize, status.CompletedSize);
        Assert.True(status.PercentComplete == 100 || status.State == TorrentState.Moving, what);
    }

    /// <summary>Checks the snapshot that a message carries, if it carries one.</summary>
    public static void Check(TorrentMessage message)
    {
        if (message.GetType().GetProperty(nameof(NewTorrentCreated.Status))?.GetValue(message) is TorrentStatus status)
            Check(status);
    }
}
