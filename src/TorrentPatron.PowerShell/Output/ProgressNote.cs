namespace TorrentPatron.PowerShell.Output;

/// <summary>The progress of a command.</summary>
/// <param name="Activity">The activity.</param>
/// <param name="Status">Its status.</param>
/// <param name="Percent">0 to 100; -1 if unknown.</param>
/// <param name="TimeLeft">The estimated time left; null if unknown.</param>
internal sealed record ProgressNote(string Activity, string Status, int Percent, TimeSpan? TimeLeft);
