using System.Management.Automation;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts objects that identify a torrent by a property InfoHash, including those that were serialized by a job or a file.</summary>
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
                throw PipelineValue.Refuse($"'{value}' does not identify a torrent: it has no InfoHash property.");
            if (LeavesRecords && torrent.IsRecord)
                throw PipelineValue.Refuse("A record is bound by its properties.");
        }

        return inputData;
    }
}
