namespace TorrentPatron.CrashTest;

/// <summary>A kill has cost more than it may.</summary>
internal sealed class CrashTestException(string message) : Exception(message);
