using System.Globalization;
using System.Text;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>The text of systemd units. Pure.</summary>
internal static class SystemdUnits
{
    /// <summary>The file name of the service.</summary>
    public const string ServiceName = ServiceUnit.Name + ".service";

    /// <summary>The file name of its socket.</summary>
    public const string SocketName = ServiceUnit.Name + ".socket";

    // Folders in a home that may contain programs' files.
    private static readonly string[] Homes = ["/home/", "/root/", "/run/user/"];

    /// <summary>The unit of the service.</summary>
    public static string Service(ServiceUnit unit)
    {
        bool isMachine = unit.Scope == ServiceScope.Machine;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            [Unit]
            Description=TorrentPatron, {(isMachine ? "the torrents of this machine" : "this user's torrents")}

            """);
        if (isMachine)
            text.Append("Wants=network-online.target\nAfter=network-online.target\n");
        foreach (string root in isMachine ? unit.Roots : [])
            text.Append(CultureInfo.InvariantCulture, $"RequiresMountsFor={QuotePath(root)}\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart={string.Join(' ', unit.CommandLine.Select(Quote))}
            Environment={SharedService.UnitVariable}={ServiceName}
            Environment=POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
            {(unit.DotNetRoot is null ? "" : $"Environment={Quote("DOTNET_ROOT=" + unit.DotNetRoot, isCommand: false)}\n")}SyslogIdentifier={ServiceUnit.Name}
            Restart=on-failure
            RestartSec=5
            WatchdogSec=90
            TimeoutStartSec=120
            TimeoutStopSec=30
            KillMode=mixed
            LimitNOFILE=65536
            UMask={(isMachine ? "0027" : "0077")}

            # What it runs cannot gain rights. MemoryDenyWriteExecute is missing on purpose: .NET compiles while it runs.
            NoNewPrivileges=yes
            LockPersonality=yes
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            SystemCallArchitectures=native
            SystemCallErrorNumber=EPERM
            SystemCallFilter=@system-service
            SystemCallFilter=~@privileged @obsolete

            """);
        if (isMachine)
            AppendMachine(text, unit);
        if (!unit.IsOnDemand)
            text.Append(CultureInfo.InvariantCulture, $"\n[Install]\nWantedBy={(isMachine ? "multi-user.target" : "default.target")}\n");
        return text.ToString();
    }

    /// <summary>The unit of its socket: the first connection starts the service.</summary>
    public static string Socket(ServiceUnit unit) => unit.Scope == ServiceScope.Machine
        ? $"""
            [Unit]
            Description=TorrentPatron, the socket of this machine's torrents

            [Socket]
            ListenStream=/run/torrentpatron/service.sock
            RemoveOnStop=yes
            DirectoryMode=0755
            SocketMode={(unit.HasGroups ? "0666" : "0600")}
            SocketUser={ServiceUnit.MachineUser}

            [Install]
            WantedBy=sockets.target

            """
        : """
            [Unit]
            Description=TorrentPatron, the socket of this user's torrents

            [Socket]
            ListenStream=%t/torrentpatron/service.sock
            RemoveOnStop=yes
            DirectoryMode=0700
            SocketMode=0600

            [Install]
            WantedBy=sockets.target

            """;

    /// <summary>The user of the machine's service, for systemd-sysusers.</summary>
    public static string User() => $"u {ServiceUnit.MachineUser} - \"TorrentPatron\" /var/lib/torrentpatron\n";

    /// <summary>Quotes an argument of a command so that systemd passes it on unchanged.</summary>
    public static string Quote(string argument) => Quote(argument, isCommand: true);

    /// <summary>Quotes a path; $ is special only in commands.</summary>
    private static string QuotePath(string path) => Quote(path, isCommand: false);

    private static string Quote(string argument, bool isCommand)
    {
        var text = new StringBuilder("\"");
        foreach (char letter in argument)
        {
            text.Append(letter switch
            {
                '"' or '\\' => $"\\{letter}",
                '%' => "%%",
                '$' when isCommand => "$$",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ => letter.ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    private static void AppendMachine(StringBuilder text, ServiceUnit unit)
    {
        bool needsHome = unit.Roots.Append(unit.StatePath).Append(unit.Command).Concat(unit.CommandLine).OfType<string>()
            .Any(path => Homes.Any(home => path.Contains(home, StringComparison.Ordinal)));
        text.Append(CultureInfo.InvariantCulture, $"""

            # The machine's service has a user of its own, and writes below its roots and its state only.
            User={ServiceUnit.MachineUser}
            StateDirectory=torrentpatron
            StateDirectoryMode=0700
            ProtectSystem=strict
            ProtectHome={(needsHome ? "read-only" : "yes")}
            PrivateTmp=yes
            PrivateDevices=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            ProtectProc=invisible
            RemoveIPC=yes
            CapabilityBoundingSet=
            AmbientCapabilities=

            """);

        // For a service that a socket starts, systemd makes the folder.
        if (!unit.IsOnDemand)
            text.Append("RuntimeDirectory=torrentpatron\nRuntimeDirectoryMode=0755\n");

        // The service gives its socket to the group, which requires membership and a system call that is filtered above.
        if (unit.Group is not null)
            text.Append(CultureInfo.InvariantCulture, $"SupplementaryGroups={unit.Group}\nSystemCallFilter=@chown\n");
        foreach (string path in unit.Roots.Append(unit.StatePath).OfType<string>())
            text.Append(CultureInfo.InvariantCulture, $"ReadWritePaths={QuotePath(path)}\n");
    }
}
