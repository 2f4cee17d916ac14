using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of the machine's own groups, without those of a directory service.</summary>
public sealed class GroupCompleter : SessionCompleter
{
    private const string GroupFile = "/etc/group";

    private protected override IEnumerable<Candidate> Candidates(IDictionary bound)
    {
        try
        {
            return
            [
                .. from line in OperatingSystem.IsWindows() || !File.Exists(GroupFile) ? [] : File.ReadLines(GroupFile).ToArray()
                   where !line.StartsWith('#')
                   let name = line.Split(':')[0]
                   where name.Length > 0
                   select new Candidate(name, "Group", IsPattern: false),
            ];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
