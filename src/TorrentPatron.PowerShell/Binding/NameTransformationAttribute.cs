using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Takes a torrent or a patron for itself, not for its name: where both have the same position, it goes to the other parameter.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        PipelineValue.Each(inputData).Any(value => TorrentReference.Of(value) is not null || PatronReference.Of(value) is not null)
            ? throw PipelineValue.Refuse("Give names alone, or objects alone. Objects are taken by position, from the pipeline and by -InputObject.")
            : inputData;
}
