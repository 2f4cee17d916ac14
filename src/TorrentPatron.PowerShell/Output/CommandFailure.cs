using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Output;

/// <summary>One item's failure.</summary>
/// <param name="Error">The error and its remedy.</param>
/// <param name="Target">The user's input; null if unknown.</param>
/// <param name="Cause">The exception behind it, if any.</param>
internal sealed record CommandFailure(TorrentError Error, object? Target, Exception? Cause = null);
