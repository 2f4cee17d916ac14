namespace TorrentPatron.Fuzz;

/// <summary>Something that must always hold did not.</summary>
internal sealed class PropertyException(string message) : Exception(message);

/// <summary>Says what must hold.</summary>
internal static class Property
{
    public static void Holds(bool condition, string what)
    {
        if (!condition)
            throw new PropertyException(what);
    }

    public static void Same(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what) =>
        Holds(expected.SequenceEqual(actual), what);

    /// <summary>A text may be shown to a person as it is.</summary>
    public static void IsHarmless(string? text, string what) =>
        Holds(text is null || TorrentPatron.Protocol.DisplayText.Clean(text) == text, $"{what} is harmless to a terminal");
}
