using System.Management.Automation;
using TorrentPatron.PowerShell.Hosting;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts patrons, including those that were serialized by a job or a file, and nothing else.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatronObjectTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        PipelineValue.Each(inputData).FirstOrDefault(value => PatronReference.Of(value) is null) is { } other
            ? throw PipelineValue.Refuse($"'{other}' is not a patron.")
            : inputData;
}
