namespace TorrentPatron.Engine.Timing;

/// <summary>
/// Limits how long a loop runs without yielding its thread. A socket that always has data never makes its loop wait; and if
/// sockets complete on the thread that polls them, as in <c>patron</c>, that thread serves half of all connections. So each loop
/// that receives or accepts yields after some iterations.
/// </summary>
internal static class Fairness
{
    /// <summary>The number of consecutive iterations before the loop yields.</summary>
    public const int MostInARow = 16;
}
