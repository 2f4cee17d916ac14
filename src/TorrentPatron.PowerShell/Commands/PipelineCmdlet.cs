using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Events;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Pipeline;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// A cmdlet whose work is asynchronous. Ctrl-C ends the wait at once. Actions of event subscriptions run meanwhile, and the actions that
/// are due when the work ends run before the cmdlet goes on.
/// </summary>
public abstract class PipelineCmdlet : PSCmdlet, IDisposable
{
    private readonly PipelinePump _pump;
    private readonly CmdletOutput _output;
    private readonly EventActions _actions;
    private bool _isDisposed;

    private protected PipelineCmdlet()
    {
        _actions = new EventActions(this);
        _pump = new PipelinePump(_actions.RunSome);
        _output = new CmdletOutput(this, _pump, (target, action) => Agree(target, action));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _pump.Cancel();

    /// <summary>Releases what the cmdlet holds.</summary>
    /// <param name="disposing">Whether Dispose calls this, rather than a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
            _pump.Dispose();
        _isDisposed = true;
    }

    /// <summary>
    /// The session, attached to the user's service if the environment asks for it; the command ends if attaching fails. On the pipeline
    /// thread.
    /// </summary>
    private protected SessionPatrons Session
    {
        get
        {
            SessionPatrons session = RunspacePatrons.Current;
            if (session.AwaitsService)
                Run((_, cancellation) => session.AttachSharedAsync(cancellation));
            return session;
        }
    }

    /// <summary>The output for the work in <see cref="Run"/>.</summary>
    private protected ICommandOutput Output => _output;

    /// <summary>Cancelled when the cmdlet is stopped.</summary>
    private protected CancellationToken Cancelled => _pump.Cancelled;

    /// <summary>Runs the work while the pipeline thread waits and writes its results.</summary>
    private protected void Run(Func<ICommandOutput, CancellationToken, Task> work)
    {
        try
        {
            _pump.Run(cancellation => work(_output, cancellation));
        }
        catch (OperationCanceledException) when (Stopping)
        {
            throw new PipelineStoppedException();
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, Target: null, fault.InnerException)));
        }
        finally
        {
            _output.EndProgress();
            if (!Stopping)
                _actions.Drain();
        }
    }

    /// <summary>Reports a failure. On the pipeline thread.</summary>
    private protected virtual void Fail(Engine.Client.TorrentError error, object? target) =>
        WriteError(CmdletOutput.Record(new CommandFailure(error, target)));

    /// <summary>Ends the command if a parameter was given an empty value, which only an object's property may have.</summary>
    private protected void RequireValues(GivenParameters given)
    {
        if (given.Empty is { } name)
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.NoValue(name), Target: null)));
    }

    /// <summary>Warns once for each connection of the session that a service has cut off. On the pipeline thread.</summary>
    private protected void WarnOfCutOffs(SessionPatrons session)
    {
        foreach ((Service.Patron patron, Engine.Client.TorrentError why) in session.TakeCutOffs())
            WriteWarning($"The service dropped an earlier connection of '{patron.Name}', so some events may be missing: {why}");
    }

    /// <summary>Asks whether to do something. On the pipeline thread.</summary>
    /// <param name="target">What it is done to.</param>
    /// <param name="action">What is done.</param>
    private protected virtual bool Agree(string target, string action) => ShouldProcess(target, action);

    /// <summary>Runs a function on the pipeline thread, for the work in <see cref="Run"/> to await.</summary>
    private protected Task<T> OnPipelineThreadAsync<T>(Func<T> what) => _pump.OnPipelineThreadAsync(what);
}
