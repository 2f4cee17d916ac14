using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Output;

/// <summary>One item's failure.</summary>
/// <param name="Error">What happened, and what to do.</param>
/// <param name="Target">What the user gave; null where that cannot be said.</param>
/// <param name="Cause">What led to it, if anything did.</param>
internal sealed record CommandFailure(TorrentError Error, object? Target, Exception? Cause = null);
