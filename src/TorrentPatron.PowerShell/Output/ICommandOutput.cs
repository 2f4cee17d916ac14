namespace TorrentPatron.PowerShell.Output;

/// <summary>
/// Where a command's results go. The logic of the cmdlets knows no more of PowerShell than this. Every call ends once the
/// pipeline has taken what it was given, so what comes after a <c>Select-Object -First 1</c> is never begun.
/// </summary>
internal interface ICommandOutput
{
    /// <summary>Writes a result.</summary>
    Task EmitAsync(object value);

    /// <summary>Writes a file, in a pipeline as <c>Get-Item</c> does: with what the file system's view shows.</summary>
    /// <param name="path">Absolute path of a file that exists.</param>
    Task EmitFileAsync(string path) => EmitAsync(new FileInfo(path));

    /// <summary>Reports that one item failed; the others go on.</summary>
    Task FailAsync(CommandFailure failure);

    /// <summary>Says what may want attention.</summary>
    Task WarnAsync(string message);

    /// <summary>Writes a detail, shown with <c>-Verbose</c>.</summary>
    Task TellAsync(string message);

    /// <summary>Writes what only who looks for a fault wants to know, shown with <c>-Debug</c>.</summary>
    Task DebugAsync(string message);

    /// <summary>Shows how far the work is. The caller keeps it to a few a second.</summary>
    Task ReportAsync(ProgressNote note);

    /// <summary>Asks whether to go on (<c>-WhatIf</c>, <c>-Confirm</c>).</summary>
    /// <param name="target">What it is done to.</param>
    /// <param name="action">What is done.</param>
    Task<bool> ShouldProcessAsync(string target, string action);
}
