namespace TorrentPatron.Engine.Storage;

/// <summary>Does jobs one after the other, in the order in which they are posted. Thread-safe.</summary>
internal interface IDiskWorker
{
    /// <summary>Completes when it has been stopped and has done everything.</summary>
    Task Ended { get; }

    /// <summary>Jobs queued or running, about.</summary>
    int Pending { get; }

    /// <summary>Queues a job. After the end it runs on the caller's thread.</summary>
    void Post(IDiskJob job);

    /// <summary>Ends the worker once everything queued is done, and what is queued by that.</summary>
    void Stop();
}
