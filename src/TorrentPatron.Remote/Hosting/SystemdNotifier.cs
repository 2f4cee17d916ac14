using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

#pragma warning disable RS0030 // A local socket is not the network.

namespace TorrentPatron.Remote.Hosting;

/// <summary>Reports the service's status to systemd (sd_notify): ready, stopping, its status, and that it is alive (the watchdog). Thread-safe.</summary>
internal sealed class SystemdNotifier
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string IntervalVariable = "WATCHDOG_USEC";
    private const string ProcessVariable = "WATCHDOG_PID";

    /// <summary>The longest wait for a receiver whose queue is full, milliseconds: the end of the service must not depend on it.</summary>
    private const int SendTimeout = 1000;

    private readonly EndPoint _address;

    private SystemdNotifier(EndPoint address, TimeSpan? watchdog) => (_address, Watchdog) = (address, watchdog);

    /// <summary>The notifier of this process; null if systemd expects none. The variables are cleared, so that child processes do not use them.</summary>
    public static SystemdNotifier? OfProcess { get; } = Take(TakeVariable, Environment.ProcessId);

    /// <summary>The longest time without a sign of life before systemd kills the process; null if the watchdog is off.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>The testable part of <see cref="OfProcess"/>.</summary>
    /// <param name="variable">Reads an environment variable, once.</param>
    /// <param name="process">The process' id.</param>
    internal static SystemdNotifier? Take(Func<string, string?> variable, int process)
    {
        string? socket = variable(SocketVariable), interval = variable(IntervalVariable), watched = variable(ProcessVariable);
        if (OperatingSystem.IsWindows() || socket is not ['/' or '@', _, ..])
            return null;
        bool isWatched = long.TryParse(interval, NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0
            && microseconds <= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond
            && (string.IsNullOrEmpty(watched) || watched == process.ToString(CultureInfo.InvariantCulture));
        try
        {
            // An abstract name begins with a zero byte, which the variable writes as @.
            return new SystemdNotifier(
                new UnixDomainSocketEndPoint(socket[0] == '@' ? '\0' + socket[1..] : socket), isWatched ? TimeSpan.FromMicroseconds(microseconds) : null);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null; // Longer than a socket's path may be.
        }
    }

    /// <summary>Reports that the service accepts connections.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={OneLine(status)}");

    /// <summary>Reports that the service is ending.</summary>
    public void Stopping(string status) => Send($"STOPPING=1\nSTATUS={OneLine(status)}");

    /// <summary>Reports the service's status, which systemctl shows.</summary>
    public void Status(string status) => Send($"STATUS={OneLine(status)}");

    /// <summary>Reports that the service is alive.</summary>
    public void Alive() => Send("WATCHDOG=1");

    private static string? TakeVariable(string name)
    {
        string? value = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, null);
        return value;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private void Send(string state)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendTimeout };
            socket.SendTo(Encoding.UTF8.GetBytes(state), _address);
        }
        catch (SocketException)
        {
            // systemd does not listen, does not read, or is restarting; the service works without it.
        }
    }
}
