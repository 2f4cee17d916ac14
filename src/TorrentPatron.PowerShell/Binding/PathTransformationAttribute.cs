using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// Takes no record for a path. PowerShell would make text of one before it looks for a property that fits another parameter, such as the
/// Uri in each line of a CSV file.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PathTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (inputData is not PSObject { BaseObject: PSCustomObject })
            return inputData;

        // By this cause PowerShell knows that it is to go on looking.
        var cause = new PSInvalidCastException("A record is no path.");
        throw new ArgumentTransformationMetadataException(cause.Message, cause);
    }
}
