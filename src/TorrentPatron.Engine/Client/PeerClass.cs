using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// Peers of some addresses, with limits of their own in place of <see cref="ClientSettings.Limits"/>. A torrent's own limits hold for them as for
/// all others. A peer belongs to the first class that has its address. Immutable.
/// </summary>
public sealed record PeerClass
{
    /// <summary>The name of the built-in class, that of the local network: private (RFC 1918, RFC 4193) and link-local addresses that no other class has.</summary>
    public const string Local = "Local";

    /// <summary>Classes at most.</summary>
    public const int MostClasses = 100;

    /// <summary>Characters of a name at most.</summary>
    public const int LongestName = 64;

    private PeerClass(string name, string range, AddressRanges addresses) => (Name, Range, Addresses) = (name, range, addresses);

    /// <summary>What it is called, safe to print.</summary>
    public string Name { get; }

    /// <summary>Its addresses, networks and ranges, with commas between them.</summary>
    public string Range { get; }

    /// <summary>Most to receive from all its peers together, in bytes/s; 0: no limit; null: what all peers share.</summary>
    public long? MaxDownloadRate { get; init; }

    /// <summary>Most to send to all its peers together, in bytes/s; 0: no limit; null: what all peers share.</summary>
    public long? MaxUploadRate { get; init; }

    /// <summary>Whether its peers are dialled and unchoked before others.</summary>
    public bool IsPreferred { get; init; }

    /// <summary>Its addresses.</summary>
    internal AddressRanges Addresses { get; }

    /// <summary>Makes a class without limits of its own.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ranges">
    /// Its addresses, as <see cref="AddressRange.TryParse"/> takes them; one text may have several, with commas or semicolons between them.
    /// </param>
    /// <param name="made">The class.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>Whether it is made.</returns>
    public static bool TryMake(
        string name, IEnumerable<string> ranges, [NotNullWhen(true)] out PeerClass? made, [NotNullWhen(false)] out TorrentError? error)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(ranges);
        (made, error) = (null, null);
        name = DisplayText.Clean(name).Trim();
        if (name.Length is 0 or > LongestName)
            error = Invalid($"The name of a class of peers has 1 to {LongestName} characters.", "Give it such a name.");
        else if (name.Equals(Local, StringComparison.OrdinalIgnoreCase))
            error = Invalid($"'{Local}' is the built-in class of peers, that of the local network.", "Give the class another name; it comes before the built-in one.");
        if (error is not null)
            return false;

        var read = new List<AddressRange>();
        var texts = new List<string>();
        foreach (string text in ranges.SelectMany(text => text.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (!AddressRange.TryParse(text, out AddressRange range))
            {
                error = Invalid(
                    $"'{DisplayText.Clean(text)}' is not an address, a network or a range of addresses.",
                    "Write it like 192.0.2.1, 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1-192.0.2.9.");
                return false;
            }

            read.Add(range);
            texts.Add(text);
        }

        if (read.Count == 0)
        {
            error = Invalid($"The class of peers '{name}' has no addresses.", "Give them as its Range, such as 10.0.0.0/8.");
            return false;
        }

        made = new PeerClass(name, string.Join(", ", texts), AddressRanges.Of(read));
        return true;
    }

    /// <summary>Checks that classes can stand beside each other.</summary>
    /// <returns>Why not; null: they can.</returns>
    public static TorrentError? Check(IReadOnlyCollection<PeerClass> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count > MostClasses)
            return Invalid($"There are {classes.Count} classes of peers, and at most {MostClasses} are taken.", "Put addresses that are treated alike into one class.");
        return classes.GroupBy(one => one.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? Invalid($"Two classes of peers are called '{twice.Key}'.", "Give each a name of its own, or one class several addresses.")
            : null;
    }

    /// <summary>Whether another class has the same name, addresses as they are written, and limits.</summary>
    public bool Equals(PeerClass? other) => other is not null && Key == other.Key;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();

    /// <summary>Its name and addresses.</summary>
    public override string ToString() => $"{Name} ({Range})";

    private (string, string, long?, long?, bool) Key => (Name, Range, MaxDownloadRate, MaxUploadRate, IsPreferred);

    private static TorrentError Invalid(string message, string remedy) => new(TorrentErrorId.InvalidArgument, message, remedy);
}
