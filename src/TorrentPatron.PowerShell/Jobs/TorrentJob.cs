using System.ComponentModel;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.PowerShell.Jobs;

/// <summary>
/// A job that starts a torrent and ends when the torrent is complete. Stopping or suspending the job stops or suspends the torrent;
/// removing the job leaves a complete torrent running.
/// </summary>
public sealed class TorrentJob : Job2
{
    private readonly Patron _patron;
    private readonly StartRequest _request;
    private readonly object _given;
    private readonly WaitOptions _waitOptions;
    private readonly CancellationTokenSource _ending = new();
    private readonly JobOutput _output;
    private volatile TorrentTarget? _torrent;
    private Task _work = Task.CompletedTask;

    /// <summary>Creates a job that has not begun yet.</summary>
    /// <param name="command">The command that made it.</param>
    /// <param name="name">The name of the job.</param>
    /// <param name="patron">The patron that starts the torrent.</param>
    /// <param name="request">What to start.</param>
    /// <param name="given">What the user gave.</param>
    /// <param name="waitOptions">What to wait for, and how long.</param>
    internal TorrentJob(string command, string name, Patron patron, StartRequest request, object given, WaitOptions waitOptions)
        : base(command, name)
    {
        _patron = patron;
        _request = request;
        _given = given;
        _waitOptions = waitOptions;
        _output = new JobOutput(this);
        PSJobTypeName = nameof(TorrentJob);
    }

    /// <summary>Whether there is output to receive.</summary>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Warning.Count > 0;

    /// <summary>The computer that runs the torrent.</summary>
    public override string Location => "localhost";

    /// <summary>The torrent's status.</summary>
    public override string StatusMessage => Status?.ToString() ?? "";

    /// <summary>The torrent's current status; null if it has not been started.</summary>
    public TorrentStatus? Status => _torrent?.Latest;

    /// <summary>The torrent's info hash; null if it has not been started. It lets the job be piped to the torrent cmdlets.</summary>
    public string? InfoHash => _torrent?.Status.InfoHash;

    /// <inheritdoc/>
    public override void StartJob()
    {
        SetJobState(JobState.Running);
        _work = Task.Run(WorkAsync);
    }

    /// <inheritdoc/>
    public override void StartJobAsync() => After(StartJob, OnStartJobCompleted);

    /// <inheritdoc/>
    public override void StopJob() => Finish(StopAsync());

    /// <inheritdoc/>
    public override void StopJob(bool force, string reason) => StopJob();

    /// <inheritdoc/>
    public override void StopJobAsync() => After(StopAsync(), OnStopJobCompleted);

    /// <inheritdoc/>
    public override void StopJobAsync(bool force, string reason) => StopJobAsync();

    /// <inheritdoc/>
    public override void SuspendJob() => Finish(SuspendAsync());

    /// <inheritdoc/>
    public override void SuspendJob(bool force, string reason) => SuspendJob();

    /// <inheritdoc/>
    public override void SuspendJobAsync() => After(SuspendAsync(), OnSuspendJobCompleted);

    /// <inheritdoc/>
    public override void SuspendJobAsync(bool force, string reason) => SuspendJobAsync();

    /// <inheritdoc/>
    public override void ResumeJob() => Finish(ResumeAsync());

    /// <inheritdoc/>
    public override void ResumeJobAsync() => After(ResumeAsync(), OnResumeJobCompleted);

    /// <summary>Does nothing: a torrent never waits for input.</summary>
    public override void UnblockJob()
    {
    }

    /// <inheritdoc/>
    public override void UnblockJobAsync() => After(UnblockJob, OnUnblockJobCompleted);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _ending.Cancel();
        base.Dispose(disposing);
    }

    /// <summary>Blocks, since PowerShell calls the job synchronously; stopping a torrent is the longest wait.</summary>
    private static void Finish(Task task) => task.GetAwaiter().GetResult();

    private static void After(Action action, Action<AsyncCompletedEventArgs> completed)
    {
        action();
        completed(new AsyncCompletedEventArgs(error: null, cancelled: false, userState: null));
    }

    private static void After(Task task, Action<AsyncCompletedEventArgs> completed) => task.ContinueWith(
        done => completed(new AsyncCompletedEventArgs(done.Exception?.InnerException, cancelled: false, userState: null)),
        CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private async Task WorkAsync()
    {
        JobState end;
        try
        {
            end = await DownloadAsync(_ending.Token).ConfigureAwait(false) ? JobState.Completed : JobState.Failed;
        }
        catch (OperationCanceledException)
        {
            // A job that is removed leaves its torrent alone.
            if (JobStateInfo.State == JobState.Stopping && _torrent is { } torrent)
                await torrent.Patron.CloseAsync(torrent.Torrent).ConfigureAwait(false);
            end = JobState.Stopped;
        }
        catch (TorrentException fault)
        {
            await _output.FailAsync(new CommandFailure(fault.Error, _given, fault)).ConfigureAwait(false);
            end = JobState.Failed;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            await _output.FailAsync(new CommandFailure(CommandErrors.Unforeseen(fault), _given, fault)).ConfigureAwait(false);
            end = JobState.Failed;
        }

        SetJobState(end);
    }

    private async Task<bool> DownloadAsync(CancellationToken cancellationToken)
    {
        var warnings = new TorrentWarnings(_output);
        _torrent = await new TorrentStarter(_output, warnings).StartAsync(_patron, _request, _given, cancellationToken).ConfigureAwait(false);
        if (_torrent is not { } torrent)
            return false;

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task following = FollowAsync(torrent, over.Token);
        await new TorrentWaiter(_output, TimeProvider.System, warnings).WaitAsync([torrent], _waitOptions, cancellationToken).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_output.HasFailed;
    }

    /// <summary>Marks the job as suspended while its torrent is suspended, by whatever command.</summary>
    private async Task FollowAsync(TorrentTarget torrent, CancellationToken cancellationToken)
    {
        await foreach (TorrentStatus status in torrent.Patron.WatchAsync([torrent.Torrent], cancellationToken).ConfigureAwait(false))
        {
            bool rests = status.State == TorrentState.Suspended;
            if (rests && JobStateInfo.State == JobState.Running)
                SetJobState(JobState.Suspended);
            else if (!rests && JobStateInfo.State == JobState.Suspended)
                SetJobState(JobState.Running);
        }
    }

    private async Task StopAsync()
    {
        // The handler of the job's end may remove the job while its work is still reporting.
        if (JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped)
            return;
        SetJobState(JobState.Stopping);
        await _ending.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
    }

    private async Task SuspendAsync()
    {
        if (_torrent is { } torrent && JobStateInfo.State == JobState.Running)
            Check(await torrent.Patron.SuspendAsync(torrent.Torrent, _ending.Token).ConfigureAwait(false), JobState.Suspended);
    }

    private async Task ResumeAsync()
    {
        if (_torrent is { } torrent && JobStateInfo.State == JobState.Suspended)
            Check(await torrent.Patron.ResumeAsync(torrent.Torrent, _ending.Token).ConfigureAwait(false), JobState.Running);
    }

    private void Check(TorrentAnswer answer, JobState state)
    {
        if (answer is CommandFail fail)
            throw new TorrentException(fail.Error);
        SetJobState(state);
    }
}
