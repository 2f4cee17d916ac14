using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts positive whole numbers and null; PowerShell's own ValidateRange refuses null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidatePositiveAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is < 1)
            throw new ValidationMetadataException("Give 1 or more.");
    }
}
