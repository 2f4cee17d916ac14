using System.Globalization;

namespace TorrentPatron.Fuzz;

/// <summary>What came of a run.</summary>
/// <param name="Target">Which decoder.</param>
/// <param name="Inputs">How many inputs were tried.</param>
/// <param name="Sound">How many of them were taken for sound.</param>
/// <param name="Failures">What failed: the property, and the file that holds the input.</param>
internal sealed record FuzzReport(string Target, long Inputs, long Sound, IReadOnlyList<string> Failures)
{
    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    public override string ToString()
    {
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{Target}: {Inputs:N0} inputs, {Sound:N0} of them sound, {Failures.Count} failures, {Elapsed.TotalSeconds:N1} s");
        return string.Join(Environment.NewLine + "  ", [line, .. Failures]);
    }
}
