using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts tags of 1 to 100 characters and null; PowerShell's own ValidateLength refuses null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidateTagAttribute : ValidateArgumentsAttribute
{
    private const int Longest = 100;

    /// <inheritdoc/>
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        if (PipelineValue.Each(arguments).Any(tag => PipelineValue.Unwrap(tag)?.ToString() is not { Length: > 0 and <= Longest }) && arguments is not null)
            throw new ValidationMetadataException($"A tag has 1 to {Longest} characters.");
    }
}
