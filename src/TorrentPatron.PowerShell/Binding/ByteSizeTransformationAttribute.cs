using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Takes texts such as <c>2M</c>, <c>500K</c> and <c>1.5 MiB/s</c> for numbers of bytes, beside the numbers themselves.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ByteSizeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null)
            return null;
        return ByteSizeReader.TryRead(value, out long bytes)
            ? bytes
            : throw new ArgumentTransformationMetadataException(
                $"'{value}' is not a number of bytes. Give a number, such as 500KB, or a text such as '2M', '500K' or '1.5MiB'.");
    }
}
