using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Text;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>Formats commands as text for another PowerShell.</summary>
internal static class CommandText
{
    // PowerShell treats typographic quotes as plain ones.
    private const string SingleQuotes = "'\u2018\u2019\u201a\u201b";

    /// <summary>A text between single quotes.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char letter in text)
            quoted.Append(letter, SingleQuotes.Contains(letter, StringComparison.Ordinal) ? 2 : 1);
        return quoted.Append('\'').ToString();
    }

    /// <summary>A command with parameters.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="parameters">Its parameters with their bound values.</param>
    public static string Of(string command, IEnumerable<KeyValuePair<string, object?>> parameters)
    {
        var text = new StringBuilder(command);
        foreach ((string name, object? value) in parameters)
        {
            text.Append(CultureInfo.InvariantCulture, $" -{name}");
            text.Append(value is SwitchParameter given ? given ? "" : ":$false" : $" {Of(value)}");
        }

        return text.ToString();
    }

    /// <summary>Whether a value as text would reveal a secret.</summary>
    public static bool IsSecret(object? value) => value is PSCredential;

    private static string Of(object? value) => value switch
    {
        null => "$null",
        PSObject wrapped when wrapped.BaseObject != wrapped => Of(wrapped.BaseObject),
        bool yes => yes ? "$true" : "$false",
        string or Enum or IPAddress => Quote($"{value}"),
        TimeSpan time => Quote(time.ToString("c", CultureInfo.InvariantCulture)),
        PSCredential credential => "([pscredential]::new(" + Quote(credential.UserName) + ", (ConvertTo-SecureString -AsPlainText -Force "
            + Quote(credential.GetNetworkCredential().Password) + ")))",
        PeerClass peers => "@{ Name = " + Quote(peers.Name) + "; Range = " + Quote(peers.Range) + Rate(nameof(peers.MaxDownloadRate), peers.MaxDownloadRate)
            + Rate(nameof(peers.MaxUploadRate), peers.MaxUploadRate) + "; Preferred = " + Of(peers.IsPreferred) + " }",
        Array list => $"@({string.Join(", ", list.Cast<object?>().Select(Of))})",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"A {value.GetType().Name} cannot be written as text.", nameof(value)),
    };

    private static string Rate(string name, long? rate) => rate is { } given ? $"; {name} = {given.ToString(CultureInfo.InvariantCulture)}" : "";
}
