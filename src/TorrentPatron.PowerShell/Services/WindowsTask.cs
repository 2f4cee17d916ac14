using System.Security;
using System.Text;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>The text of a task for Windows Task Scheduler. Pure.</summary>
internal static class WindowsTask
{
    /// <summary>The name of the task.</summary>
    public const string Name = "TorrentPatron";

    /// <summary>A task that runs at the user's logon or, for the machine, at boot.</summary>
    /// <param name="unit">The service.</param>
    /// <param name="user">The user, as DOMAIN\name; LOCAL SERVICE for the machine.</param>
    public static string Text(ServiceUnit unit, string user)
    {
        bool isMachine = unit.Scope == ServiceScope.Machine;
        string trigger = isMachine ? "<BootTrigger />" : $"<LogonTrigger><UserId>{SecurityElement.Escape(user)}</UserId></LogonTrigger>";
        string principal = isMachine ? "<UserId>S-1-5-19</UserId>" : $"<UserId>{SecurityElement.Escape(user)}</UserId><LogonType>InteractiveToken</LogonType>";
        return $"""
            <?xml version="1.0" encoding="UTF-16"?>
            <Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
              <RegistrationInfo><Description>TorrentPatron: torrents that go on when sessions end</Description></RegistrationInfo>
              <Triggers>{trigger}</Triggers>
              <Principals><Principal id="Author">{principal}<RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
              <Settings>
                <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
                <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
                <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
                <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
                <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
              </Settings>
              <Actions Context="Author">
                <Exec><Command>{SecurityElement.Escape(unit.Shell.Path)}</Command><Arguments>{SecurityElement.Escape(Arguments(unit.CommandLine.Skip(1)))}</Arguments></Exec>
              </Actions>
            </Task>
            """;
    }

    /// <summary>Joins arguments to a command line that Windows programs split into the same arguments.</summary>
    internal static string Arguments(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(argument =>
    {
        if (argument.Length > 0 && !argument.AsSpan().ContainsAny(" \t\n\""))
            return argument;
        var text = new StringBuilder("\"");
        int slashes = 0;
        foreach (char letter in argument)
        {
            // Backslashes are doubled before a quote and at the end.
            text.Append(letter == '"' ? new string('\\', slashes + 1) + "\"" : letter.ToString());
            slashes = letter == '\\' ? slashes + 1 : 0;
        }

        return text.Append('\\', slashes).Append('"').ToString();
    }));
}
