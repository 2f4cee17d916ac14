using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Finds the session's patron by its name, or by a patron that was serialized by a job or a file.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatronTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (PipelineValue.Unwrap(inputData) is Patron)
            return inputData;
        if (PatronReference.Of(inputData) is { } reference)
        {
            return reference.Find(RunspacePatrons.Current) ?? throw new ArgumentTransformationMetadataException(
                $"The patron '{reference.Name}' belongs to a different session. Get-TorrentPatron shows this session's patrons.");
        }

        if (PipelineValue.Unwrap(inputData) is not string name)
            return inputData;

        Patron[] named = [.. RunspacePatrons.Current.Patrons.Where(patron => patron.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return named switch
        {
            [Patron patron] => patron,
            [] => throw new ArgumentTransformationMetadataException(
                $"This session has no patron '{name}'. Get-TorrentPatron shows its patrons."),
            _ => throw new ArgumentTransformationMetadataException(
                $"{named.Length} patrons are named '{name}'. Give the patron object that Get-TorrentPatron returns."),
        };
    }
}
