namespace TorrentPatron.PowerShell.Output;

/// <summary>How far a command is.</summary>
/// <param name="Activity">What is being done.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Percent">0 to 100; -1 where that cannot be said.</param>
/// <param name="TimeLeft">How long it will take; null where that cannot be said.</param>
internal sealed record ProgressNote(string Activity, string Status, int Percent, TimeSpan? TimeLeft);
