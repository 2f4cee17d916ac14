using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Refuses torrents and patrons, so that PowerShell binds the object to another parameter of the same position instead of its name to this one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        PipelineValue.Each(inputData).Any(value => TorrentReference.Of(value) is not null || PatronReference.Of(value) is not null)
            ? throw PipelineValue.Refuse("Give names alone, or objects alone. Objects are taken by position, from the pipeline and by -InputObject.")
            : inputData;
}
