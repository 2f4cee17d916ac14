namespace TorrentPatron.Engine.Timing;

/// <summary>
/// How long a loop may go on without giving its thread to others. A socket from which there is always something to take never makes its
/// loop wait; and where sockets go on on the thread that polls them, as in <c>patron</c>, that thread is the only one of half of all
/// connections. So each loop that receives or accepts yields after some times.
/// </summary>
internal static class Fairness
{
    /// <summary>Times in a row that something is taken before the loop yields.</summary>
    public const int MostInARow = 16;
}
