using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Jobs;

/// <summary>
/// Provides a session's torrent jobs to Get-Job, Remove-Job and the others. PowerShell creates one for each session that imports the
/// module.
/// </summary>
public sealed class TorrentJobSource : JobSourceAdapter
{
    private const string JobParameter = "Job";

    private readonly ConcurrentDictionary<Guid, Job2> _jobs = new();

    /// <summary>Creates an empty source.</summary>
    public TorrentJobSource() => Name = nameof(TorrentJobSource);

    /// <summary>Adds a job to a session.</summary>
    /// <param name="manager">The session's job manager.</param>
    /// <param name="job">The job.</param>
    internal static void Register(JobManager manager, TorrentJob job)
    {
        // The manager calls only its own adapter, and only in this way.
        var definition = new JobDefinition(typeof(TorrentJobSource), job.Command, job.Name);
        var parameters = new CommandParameterCollection { { JobParameter, job } };
        manager.NewJob(new JobInvocationInfo(definition, parameters));
    }

    /// <inheritdoc/>
    public override Job2 NewJob(JobInvocationInfo specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var job = (TorrentJob)specification.Parameters[0].Single(parameter => parameter.Name == JobParameter).Value;
        _jobs[job.InstanceId] = job;
        return job;
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobs() => Where(_ => true);

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByName(string name, bool recurse)
    {
        var wanted = new NamePattern(name);
        return Where(job => wanted.IsName(job.Name) || wanted.IsMatch(job.Name));
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByCommand(string command, bool recurse)
    {
        var wanted = new NamePattern(command);
        return Where(job => wanted.IsName(job.Command) || wanted.IsMatch(job.Command));
    }

    /// <inheritdoc/>
    public override IList<Job2> GetJobsByState(JobState state, bool recurse) => Where(job => job.JobStateInfo.State == state);

    /// <summary>Finds nothing: Get-Job has parameters for every property of torrent jobs.</summary>
    public override IList<Job2> GetJobsByFilter(Dictionary<string, object> filter, bool recurse) => [];

    /// <inheritdoc/>
    public override Job2? GetJobByInstanceId(Guid instanceId, bool recurse) => _jobs.GetValueOrDefault(instanceId);

    /// <inheritdoc/>
    public override Job2? GetJobBySessionId(int id, bool recurse) => Where(job => job.Id == id).SingleOrDefault();

    /// <inheritdoc/>
    public override void RemoveJob(Job2 job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (_jobs.TryRemove(job.InstanceId, out Job2? removed))
            removed.StopJob();
    }

    private List<Job2> Where(Func<Job2, bool> isWanted) => [.. _jobs.Values.Where(isWanted).OrderBy(job => job.Id)];
}
