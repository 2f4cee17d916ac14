using System.Diagnostics;
using System.Text;

namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>
/// Another client's program as a child process that ends with the object. Its output is kept for the message of a failure.
/// </summary>
internal sealed class ToolProcess : IAsyncDisposable
{
    /// <summary>
    /// The number of last characters of output kept for messages: a program that logs a lot reports the error at the end.
    /// </summary>
    private const int MostOutput = 20_000;

    /// <summary>Different lines of standard output that are remembered; the log on standard error is not searched.</summary>
    private const int MostLines = 20_000;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _lines = [];

    private ToolProcess(string folder, string program, IEnumerable<string> arguments)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                // Our scripts end when their input ends, so that they do not outlive a killed test run.
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Keep(line.Data, said: true);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data, said: false);
    }

    public bool HasExited => _process.HasExited;

    public static ToolProcess Start(string program, params IEnumerable<string> arguments) => StartIn("", program, arguments);

    /// <summary>Starts a program in a folder.</summary>
    public static ToolProcess StartIn(string folder, string program, params IEnumerable<string> arguments)
    {
        var tool = new ToolProcess(folder, program, arguments);
        tool._process.Start();
        tool._process.BeginOutputReadLine();
        tool._process.BeginErrorReadLine();
        return tool;
    }

    /// <summary>Runs a program and waits for its exit.</summary>
    /// <returns>Its output.</returns>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        await using ToolProcess tool = Start(program, arguments);
        using CancellationTokenSource patience = Patience.Begin();
        await tool._process.WaitForExitAsync(patience.Token);
        Assert.True(tool._process.ExitCode == 0, tool.Tell());
        return tool.Output();
    }

    /// <summary>Whether this line was in its output.</summary>
    public bool Said(string line)
    {
        lock (_gate)
            return _lines.Contains(line);
    }

    /// <summary>Its output, each different line once.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <summary>The program's name, state and output, for people.</summary>
    public string Tell() =>
        $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}"
        + $" [{(HasExited ? $"exited with {_process.ExitCode}" : "running")}]\n{Output()}";

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has already exited.
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private string Output()
    {
        lock (_gate)
            return _output.ToString();
    }

    private void Keep(string? line, bool said)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_gate)
        {
            _output.AppendLine(line);
            if (_output.Length > 2 * MostOutput)
                _output.Remove(0, _output.Length - MostOutput);
            if (said && _lines.Count < MostLines)
                _lines.Add(line);
        }
    }
}
