using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Takes the name of one of the session's patrons where a patron is due, and a patron that has been through a job or a file.</summary>
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
                $"The patron '{reference.Name}' is not one of this session's. Get-TorrentPatron shows those.");
        }

        if (PipelineValue.Unwrap(inputData) is not string name)
            return inputData;

        Patron[] named = [.. RunspacePatrons.Current.Patrons.Where(patron => patron.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return named switch
        {
            [Patron patron] => patron,
            [] => throw new ArgumentTransformationMetadataException(
                $"No patron is called '{name}' in this session. Get-TorrentPatron shows those there are."),
            _ => throw new ArgumentTransformationMetadataException(
                $"{named.Length} patrons are called '{name}'. Give the patron itself, as Get-TorrentPatron writes it."),
        };
    }
}
