using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts intervals of 0.1 s or longer, so that a watch does not occupy the processor.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidateIntervalAttribute : ValidateArgumentsAttribute
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.1);

    /// <inheritdoc/>
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is TimeSpan interval && interval < Shortest)
            throw new ValidationMetadataException("Give 0.1 s or longer. A change of state is written at once, regardless of the interval.");
    }
}
