using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Tests;

/// <summary>A running or finished command line.</summary>
public sealed class PatronRun : IDisposable
{
    private readonly SharedText _output = new();
    private readonly SharedText _error = new();
    private readonly CancellationTokenSource _ctrlC;
    private readonly TimeSpan _patience;
    private readonly Task<int> _run;

    internal PatronRun(
        string[] args, Func<string, ITorrentEngine> findEngine, Func<string, string?> variable, TimeSpan patience, CancellationToken cancellationToken)
    {
        _patience = patience;
        _ctrlC = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var context = new CommandContext(Terminal.Of(_output, _error), findEngine, TimeProvider.System) { Variable = variable };
        _run = PatronCommandLine.RunAsync(args, context, _ctrlC.Token);
    }

    public int ExitCode { get; private set; } = -1;

    public string Output => _output.ToString();

    public string[] OutputLines => _output.Lines;

    public string[] ErrorLines => _error.Lines;

    public void Dispose()
    {
        _ctrlC.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    /// <summary>Waits until the output contains a text.</summary>
    public async Task<PatronRun> UntilAsync(string text)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        time.CancelAfter(_patience);
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_run.IsCompleted, $"It ended without '{text}': {_output}{_error}");
            await Task.Delay(20, time.Token);
        }

        return this;
    }

    /// <summary>Cancels as Ctrl-C does, and waits for the end.</summary>
    public async Task<PatronRun> CtrlCAsync()
    {
        await _ctrlC.CancelAsync();
        return await EndAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<PatronRun> EndAsync()
    {
        ExitCode = await _run.WaitAsync(_patience, TestContext.Current.CancellationToken);
        return this;
    }
}
