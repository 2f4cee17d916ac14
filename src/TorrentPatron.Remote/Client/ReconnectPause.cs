namespace TorrentPatron.Remote.Client;

/// <summary>The pauses between attempts to reconnect. They double up to a maximum, and vary so that not all clients reconnect at once.</summary>
internal static class ReconnectPause
{
    /// <summary>The approximate first pause.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(2);

    /// <summary>The pause after an attempt.</summary>
    /// <param name="attempt">The number of the attempt, from 0.</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan Next(int attempt, double chance)
    {
        double whole = Math.Min(Shortest.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + (chance / 2)));
    }
}
