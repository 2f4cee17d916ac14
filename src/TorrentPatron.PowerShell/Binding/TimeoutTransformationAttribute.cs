using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// Takes a number as seconds, where PowerShell would take it as ticks of 100 ns; and texts such as <c>90s</c> and <c>5m</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeoutTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return TimeoutReader.TryRead(value, out TimeSpan timeout)
            ? timeout
            : throw new ArgumentTransformationMetadataException(
                $"'{value}' is no timeout. Give seconds, a text such as '90s', '5m' or '2h', or a TimeSpan; at most 24 days.");
    }
}
