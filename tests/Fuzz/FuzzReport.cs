using System.Globalization;

namespace TorrentPatron.Fuzz;

/// <summary>The result of a run.</summary>
/// <param name="Target">The decoder.</param>
/// <param name="Inputs">Number of inputs tried.</param>
/// <param name="Sound">Number of inputs that the decoder accepted.</param>
/// <param name="Failures">The failures: the property, and the file with the input.</param>
internal sealed record FuzzReport(string Target, long Inputs, long Sound, IReadOnlyList<string> Failures)
{
    /// <summary>The duration.</summary>
    public TimeSpan Elapsed { get; init; }

    public override string ToString()
    {
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{Target}: {Inputs:N0} inputs, {Sound:N0} of them sound, {Failures.Count} failures, {Elapsed.TotalSeconds:N1} s");
        return string.Join(Environment.NewLine + "  ", [line, .. Failures]);
    }
}
