namespace TorrentPatron.PowerShell.Output;

/// <summary>
/// The output of a command: all that the cmdlets' logic knows of PowerShell. Each call returns when the pipeline has accepted the object,
/// so nothing after a <c>Select-Object -First 1</c> is ever begun.
/// </summary>
internal interface ICommandOutput
{
    /// <summary>Writes a result.</summary>
    Task EmitAsync(object value);

    /// <summary>Writes a file as <c>Get-Item</c> does, with the properties that the file system's view shows.</summary>
    /// <param name="path">Absolute path of a file that exists.</param>
    Task EmitFileAsync(string path) => EmitAsync(new FileInfo(path));

    /// <summary>Reports that one item failed; the others go on.</summary>
    Task FailAsync(CommandFailure failure);

    /// <summary>Writes a warning.</summary>
    Task WarnAsync(string message);

    /// <summary>Writes a detail for <c>-Verbose</c>.</summary>
    Task TellAsync(string message);

    /// <summary>Writes a detail for <c>-Debug</c>, of use only for diagnosis.</summary>
    Task DebugAsync(string message);

    /// <summary>Shows progress. Call it at most a few times a second.</summary>
    Task ReportAsync(ProgressNote note);

    /// <summary>Asks whether to do something (<c>-WhatIf</c>, <c>-Confirm</c>).</summary>
    /// <param name="target">The object of the action.</param>
    /// <param name="action">The action.</param>
    Task<bool> ShouldProcessAsync(string target, string action);
}
