namespace TorrentPatron.Engine.Storage;

/// <summary>Runs jobs one after another, in the order they are posted. Thread-safe.</summary>
internal interface IDiskWorker
{
    /// <summary>Completes when it has been stopped and all jobs are done.</summary>
    Task Ended { get; }

    /// <summary>The approximate number of jobs queued or running.</summary>
    int Pending { get; }

    /// <summary>Queues a job. After the end it runs on the caller's thread.</summary>
    void Post(IDiskJob job);

    /// <summary>Ends the worker once everything queued is done, including jobs queued by other jobs.</summary>
    void Stop();
}
