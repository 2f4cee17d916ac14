namespace TorrentPatron.CrashTest;

/// <summary>A kill has cost more than allowed.</summary>
internal sealed class CrashTestException(string message) : Exception(message);
