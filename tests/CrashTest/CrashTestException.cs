namespace TorrentPatron.CrashTest;

/// <summary>A kill has cost what it must not.</summary>
internal sealed class CrashTestException(string message) : Exception(message);
