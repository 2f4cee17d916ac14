using System.Globalization;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Service.State;

/// <summary>Tells whether the machine was rebooted since some state was saved: unflushed data may then be lost.</summary>
internal static class BootIdentity
{
    private const string LinuxBootId = "/proc/sys/kernel/random/boot_id";
    private const string TimePrefix = "time:";

    // The clock may be adjusted slightly. In doubt a reboot is assumed: that only costs some hashing.
    private const long ToleranceSeconds = 60;
    private const long MaxSeconds = 1L << 40;

    private static readonly string? Id = ReadId();

    /// <summary>The identity of the current boot.</summary>
    public static string Current(TimeProvider time)
    {
        if (Id is not null)
            return Id;
#pragma warning disable RS0030 // Not a measured duration: the time of day of the boot.
        long booted = WallTime.Now(time).ToUnixTimeSeconds() - (Environment.TickCount64 / 1000);
#pragma warning restore RS0030
        return TimePrefix + booted.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Whether two identities are of the same boot.</summary>
    public static bool AreSame(string one, string other) =>
        one == other
        || (TryGetTime(one, out long first) && TryGetTime(other, out long second)
            && Math.Abs(first - second) <= ToleranceSeconds);

    private static string? ReadId()
    {
        try
        {
            if (File.Exists(LinuxBootId))
            {
#pragma warning disable RS0030 // The system's own file.
                return "id:" + File.ReadAllText(LinuxBootId).Trim();
#pragma warning restore RS0030
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Use the clock then, as on other systems.
        }

        return null;
    }

    private static bool TryGetTime(string boot, out long seconds)
    {
        seconds = 0;
        return boot.StartsWith(TimePrefix, StringComparison.Ordinal)
            && long.TryParse(
                boot.AsSpan(TimePrefix.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out seconds)
            && seconds is > -MaxSeconds and < MaxSeconds;
    }
}
