namespace TorrentPatron.Fuzz;

/// <summary>A property does not hold.</summary>
internal sealed class PropertyException(string message) : Exception(message);

/// <summary>Throws unless a property holds.</summary>
internal static class Property
{
    public static void Holds(bool condition, string what)
    {
        if (!condition)
            throw new PropertyException(what);
    }

    public static void Same(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what) =>
        Holds(expected.SequenceEqual(actual), what);

    /// <summary>Throws unless a text is safe to display.</summary>
    public static void IsHarmless(string? text, string what) =>
        Holds(text is null || TorrentPatron.Protocol.DisplayText.Clean(text) == text, $"{what} is harmless to a terminal");
}
