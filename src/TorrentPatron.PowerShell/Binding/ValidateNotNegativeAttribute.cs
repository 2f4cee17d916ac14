using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts 0, positive numbers and null; PowerShell's own ValidateRange refuses null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidateNotNegativeAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is < 0.0 or double.NaN or < 0L or < 0)
            throw new ValidationMetadataException("Give 0 or more.");
    }
}
