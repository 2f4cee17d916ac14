using System.Management.Automation;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Takes what says which torrent it is about: what has a property InfoHash, also after a trip through a job or a file.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TorrentTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether records (lines of a CSV file) are left to the parameters that take their properties.</summary>
    public bool LeavesRecords { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        foreach (object? value in PipelineValue.Each(inputData))
        {
            if (TorrentReference.Of(value) is not { } torrent)
                throw PipelineValue.Refuse($"'{value}' does not say which torrent it is: it has no property InfoHash.");
            if (LeavesRecords && torrent.IsRecord)
                throw PipelineValue.Refuse("A record is taken by its properties.");
        }

        return inputData;
    }
}
