using System.Management.Automation;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts valid piece lengths and null; PowerShell's own ValidateRange refuses null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ValidatePieceLengthAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is int and (< PieceLengthChooser.Smallest or > MetainfoReader.MaxPieceLength))
            throw new ValidationMetadataException($"A piece has {PieceLengthChooser.Smallest} to {MetainfoReader.MaxPieceLength} bytes.");
    }
}
