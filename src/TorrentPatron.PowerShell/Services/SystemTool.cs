using System.ComponentModel;
using System.Diagnostics;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Services;

/// <summary>Runs a program of the system, such as systemctl, without a shell.</summary>
internal static class SystemTool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its name; PATH is searched for it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its output; null if there is no such program.</returns>
    /// <exception cref="TorrentException">It failed; the error contains its output.</exception>
    public static async Task<string?> TryRunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return null;
        }

        using (process)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            try
            {
                process.StandardInput.Close();
                Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
                string told = (await output.ConfigureAwait(false)).Trim(), complaint = (await error.ConfigureAwait(false)).Trim();
                return process.ExitCode == 0 ? told : throw new TorrentException(CommandErrors.ToolFailed(program, start.ArgumentList, complaint.Length > 0 ? complaint : told));
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                if (cancellationToken.IsCancellationRequested)
                    throw;
                throw new TorrentException(CommandErrors.ToolFailed(program, start.ArgumentList, $"it did not end within {Patience.TotalSeconds:0} s"));
            }
        }
    }

    /// <summary>Runs a program, which must exist, to its end.</summary>
    /// <inheritdoc cref="TryRunAsync"/>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        await TryRunAsync(program, arguments, cancellationToken).ConfigureAwait(false)
            ?? throw new TorrentException(CommandErrors.ToolFailed(program, arguments, "there is no such program"));
}
