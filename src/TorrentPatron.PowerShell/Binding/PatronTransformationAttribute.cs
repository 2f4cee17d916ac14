using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Takes the name of one of the session's patrons where a patron is due.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatronTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is not string name)
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
