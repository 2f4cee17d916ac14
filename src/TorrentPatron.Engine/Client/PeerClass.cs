using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// A set of peer addresses with its own limits in place of <see cref="ClientSettings.Limits"/>. A torrent's own limits still
/// apply. A peer belongs to the first class that contains its address. Immutable.
/// </summary>
public sealed record PeerClass
{
    /// <summary>
    /// The name of the built-in class for the local network: private (RFC 1918, RFC 4193) and link-local addresses that no other
    /// class contains.
    /// </summary>
    public const string Local = "Local";

    /// <summary>The most classes an engine accepts.</summary>
    public const int MostClasses = 100;

    /// <summary>The most characters in a class name.</summary>
    public const int LongestName = 64;

    private PeerClass(string name, string range, AddressRanges addresses) => (Name, Range, Addresses) = (name, range, addresses);

    /// <summary>The class's name, safe to print.</summary>
    public string Name { get; }

    /// <summary>Its addresses, networks and ranges, separated by commas.</summary>
    public string Range { get; }

    /// <summary>
    /// The limit for receiving from all its peers together, bytes/s; 0 means no limit, null the limit of all peers.
    /// </summary>
    public long? MaxDownloadRate { get; init; }

    /// <summary>
    /// The limit for sending to all its peers together, bytes/s; 0 means no limit, null the limit of all peers.
    /// </summary>
    public long? MaxUploadRate { get; init; }

    /// <summary>Whether its peers are dialled and unchoked before others.</summary>
    public bool IsPreferred { get; init; }

    /// <summary>Its addresses.</summary>
    internal AddressRanges Addresses { get; }

    /// <summary>Creates a class without limits.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ranges">
    /// Its addresses, in the form that <see cref="AddressRange.TryParse"/> reads; one text may contain several, separated by
    /// commas or semicolons.
    /// </param>
    /// <param name="made">The class.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>Whether the class is valid.</returns>
    public static bool TryMake(
        string name, IEnumerable<string> ranges, [NotNullWhen(true)] out PeerClass? made, [NotNullWhen(false)] out TorrentError? error)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(ranges);
        (made, error) = (null, null);
        name = DisplayText.Clean(name).Trim();
        if (name.Length is 0 or > LongestName)
            error = Invalid($"The name of a peer class must have 1 to {LongestName} characters.", "Choose a name of that length.");
        else if (name.Equals(Local, StringComparison.OrdinalIgnoreCase))
            error = Invalid($"'{Local}' is the built-in peer class of the local network.", "Give the class another name; it takes precedence over the built-in one.");
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
                    "Use a form such as 192.0.2.1, 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1-192.0.2.9.");
                return false;
            }

            read.Add(range);
            texts.Add(text);
        }

        if (read.Count == 0)
        {
            error = Invalid($"The peer class '{name}' has no addresses.", "Set its Range, for example to 10.0.0.0/8.");
            return false;
        }

        made = new PeerClass(name, string.Join(", ", texts), AddressRanges.Of(read));
        return true;
    }

    /// <summary>Checks that a set of classes is valid.</summary>
    /// <returns>The error; null if the set is valid.</returns>
    public static TorrentError? Check(IReadOnlyCollection<PeerClass> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count > MostClasses)
            return Invalid($"{classes.Count} peer classes were given; the limit is {MostClasses}.", "Put addresses with the same limits into one class.");
        return classes.GroupBy(one => one.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? Invalid($"Two peer classes are named '{twice.Key}'.", "Give each class a different name, or put their addresses into one class.")
            : null;
    }

    /// <summary>Whether another class has the same name, range text and limits.</summary>
    public bool Equals(PeerClass? other) => other is not null && Key == other.Key;

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();

    /// <summary>Its name and addresses.</summary>
    public override string ToString() => $"{Name} ({Range})";

    private (string, string, long?, long?, bool) Key => (Name, Range, MaxDownloadRate, MaxUploadRate, IsPreferred);

    private static TorrentError Invalid(string message, string remedy) => new(TorrentErrorId.InvalidArgument, message, remedy);
}
