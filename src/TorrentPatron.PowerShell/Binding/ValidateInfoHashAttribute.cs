using System.Management.Automation;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts info hashes of BitTorrent v1 and v2.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidateInfoHashAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        foreach (object? value in PipelineValue.Each(arguments))
        {
            string text = PipelineValue.Unwrap(value)?.ToString() ?? "";
            if (!TorrentId.TryParse(text, out _))
                throw new ValidationMetadataException($"'{DisplayText.Clean(text)}' is not an info hash: expected 40 or 64 hexadecimal digits.");
        }
    }
}
