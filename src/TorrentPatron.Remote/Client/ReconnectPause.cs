namespace TorrentPatron.Remote.Client;

/// <summary>The pauses between attempts to connect again. They double up to a bound, and differ between clients, so that not all come at once.</summary>
internal static class ReconnectPause
{
    /// <summary>About the first pause.</summary>
    public static TimeSpan Shortest { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>No pause is longer.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(2);

    /// <summary>The pause after an attempt.</summary>
    /// <param name="attempt">Which, from 0.</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan Next(int attempt, double chance)
    {
        double whole = Math.Min(Shortest.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + (chance / 2)));
    }
}
