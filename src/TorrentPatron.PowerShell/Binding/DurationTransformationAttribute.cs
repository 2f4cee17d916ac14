using System.Management.Automation;
using TorrentPatron.Service.Units;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// Converts a number to seconds, where PowerShell would read ticks of 100 ns, and texts such as <c>90s</c> and <c>5m</c> to durations.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>The longest duration to accept, in days; by default the longest wait that timers support.</summary>
    public int AtMostDays { get; set; } = Duration.LongestWait.Days;

    /// <summary>Whether an empty text becomes null, as for an empty cell of a CSV file.</summary>
    public bool EmptyIsNull { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null || (EmptyIsNull && value is ""))
            return null;
        return DurationReader.TryRead(value, TimeSpan.FromDays(AtMostDays), out TimeSpan duration)
            ? duration
            : throw new ArgumentTransformationMetadataException(value is decimal
                ? $"PowerShell reads {value}d as the number {value}. Give '{value}d' in quotes, or hours, such as 24h."
                : $"'{value}' is not a duration. Give seconds, a text such as '90s', '5m' or '2h', or a TimeSpan; at most {AtMostDays} days.");
    }
}
