using System.Globalization;
using System.Security;
using System.Text;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>The text of a property list for launchd (macOS). Pure.</summary>
internal static class LaunchdPlist
{
    /// <summary>launchd's name for the service.</summary>
    public const string Label = "TorrentPatron";

    /// <summary>The property list of the user's agent or the machine's daemon.</summary>
    /// <param name="unit">The service.</param>
    /// <param name="errorPath">The file for errors before the service has a log.</param>
    public static string Text(ServiceUnit unit, string errorPath)
    {
        var text = new StringBuilder("""
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">
            <dict>

            """);
        text.Append(CultureInfo.InvariantCulture, $"  <key>Label</key>\n  <string>{Label}</string>\n  <key>ProgramArguments</key>\n  <array>\n");
        foreach (string argument in unit.CommandLine)
            text.Append(CultureInfo.InvariantCulture, $"    <string>{SecurityElement.Escape(argument)}</string>\n");
        text.Append("  </array>\n");
        if (unit.Scope == ServiceScope.Machine)
            text.Append(CultureInfo.InvariantCulture, $"  <key>UserName</key>\n  <string>{ServiceUnit.MachineUser}</string>\n");
        text.Append(CultureInfo.InvariantCulture, $"""
              <key>EnvironmentVariables</key>
              <dict>
                <key>{SharedService.UnitVariable}</key>
                <string>{Label}</string>
              </dict>
              <key>RunAtLoad</key>
              <true/>
              <key>KeepAlive</key>
              <dict>
                <key>SuccessfulExit</key>
                <false/>
              </dict>
              <key>ExitTimeOut</key>
              <integer>30</integer>
              <key>ProcessType</key>
              <string>Background</string>
              <key>StandardErrorPath</key>
              <string>{SecurityElement.Escape(errorPath)}</string>
            </dict>
            </plist>

            """);
        return text.ToString();
    }
}
