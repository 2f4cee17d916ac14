using System.Buffers;
using System.Text;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>Formats addresses for display: with the host, and with *** in place of possible keys.</summary>
public static class MaskedAddress
{
    /// <summary>Replaces a key. In a wildcard pattern it matches the key.</summary>
    public const string Mask = "***";

    private const int LongestWord = 16;
    private const int ShortestKey = 16;
    private const int ShortestHidden = 4;

    private static readonly SearchValues<char> WordCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_");

    /// <summary>
    /// A tracker's address. Only short words of the path (such as <c>announce.php</c>) and the names in the query are shown, but
    /// no user name and password.
    /// </summary>
    /// <param name="address">An absolute address.</param>
    public static string OfTracker(Uri address) => Show(address, IsKeyOfTracker, keys: null);

    /// <inheritdoc cref="OfTracker(Uri)"/>
    /// <param name="address">An address; an invalid one is masked completely.</param>
    public static string OfTracker(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 ? OfTracker(uri) : Mask;

    /// <summary>
    /// The address of a .torrent: the path is shown except for possible keys; the query and the user name are left out.
    /// </summary>
    /// <param name="address">An absolute address.</param>
    public static string OfFile(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Host.Length == 0
            ? address.Scheme + ":"
            : DisplayText.Clean(Show(new Uri(address.GetLeftPart(UriPartial.Path)), LooksLikeKey, keys: null, hasUser: false));
    }

    /// <summary>
    /// A web seed's address. The path is shown except for possible keys, and the names in the query, but no user name and
    /// password.
    /// </summary>
    /// <param name="address">An absolute address.</param>
    public static string OfWebSeed(Uri address) => Show(address, LooksLikeKey, keys: null);

    /// <summary>A text that may repeat a tracker's address or parts of it, with *** in place of its keys.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tracker">The tracker's address.</param>
    public static string Hide(string text, Uri tracker)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = new List<string>();
        Show(tracker, IsKeyOfTracker, keys);
        foreach (string key in keys)
        {
            if (key.Length >= ShortestHidden)
                text = text.Replace(key, Mask, StringComparison.OrdinalIgnoreCase);
        }

        return text;
    }

    private static string Show(Uri address, Func<string, bool> isKey, List<string>? keys, bool hasUser = true)
    {
        ArgumentNullException.ThrowIfNull(address);
        var text = new StringBuilder(address.Scheme).Append("://");
        if (hasUser && address.UserInfo.Length > 0)
        {
            keys?.AddRange(address.UserInfo.Split(':'));
            text.Append(Mask).Append('@');
        }

        text.Append(address.Authority);
        string path = address.AbsolutePath;
        if (path != "/" || address.Query.Length > 0 || address.OriginalString.EndsWith('/'))
            text.AppendJoin('/', path.Split('/').Select(segment => Masked(segment)));
        for (int i = 0; address.Query.Length > 1 && address.Query[1..].Split('&') is var parts && i < parts.Length; i++)
        {
            text.Append(i == 0 ? '?' : '&');
            int value = parts[i].IndexOf('=', StringComparison.Ordinal) + 1;
            keys?.Add(parts[i][value..]);
            text.Append(parts[i].AsSpan(0, value)).Append(Mask);
        }

        return text.ToString();

        string Masked(string segment)
        {
            if (!isKey(segment))
                return segment;
            keys?.Add(segment);
            return Mask;
        }
    }

    private static bool IsKeyOfTracker(string segment) =>
        segment.Length > LongestWord || segment.AsSpan().ContainsAnyExcept(WordCharacters);

    /// <summary>Whether a segment is long and a mixture of letters and digits only, unlike file names.</summary>
    private static bool LooksLikeKey(string segment) => segment.Length >= ShortestKey
        && segment.All(char.IsAsciiLetterOrDigit) && segment.Any(char.IsAsciiDigit) && segment.Any(char.IsAsciiLetter);
}
