using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Routing;

/// <summary>Finds the status that most messages carry.</summary>
internal static class MessageStatus
{
    public static TorrentStatus? Status(this TorrentMessage message) => message switch
    {
        TorrentStatusUpdate update => update.Status,
        TorrentStateChanged changed => changed.Status,
        TorrentCompleted completed => completed.Status,
        NewTorrentCreated created => created.Status,
        TorrentAlreadyDownloading already => already.Status,
        CommandDone done => done.Status,
        TorrentChecked done => done.Status,
        MetadataReceived received => received.Status,
        SeedGoalReached reached => reached.Status,
        TorrentRemoved { Status: { } last } => last with { State = TorrentState.Stopped },
        TorrentClosed closed => closed.Status with { State = TorrentState.Stopped },
        _ => null,
    };
}
