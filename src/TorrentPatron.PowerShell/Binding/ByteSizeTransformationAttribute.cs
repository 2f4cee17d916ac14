using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Converts texts such as <c>2M</c>, <c>500K</c> and <c>1.5 MiB/s</c> to numbers of bytes, and accepts the numbers themselves.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ByteSizeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether an empty text becomes null, as for an empty cell of a CSV file.</summary>
    public bool EmptyIsNull { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = PipelineValue.Unwrap(inputData);
        if (value is null || (EmptyIsNull && value is ""))
            return null;
        return ByteSizeReader.TryRead(value, out long bytes)
            ? bytes
            : throw new ArgumentTransformationMetadataException(
                $"'{value}' is not a number of bytes. Give a number, such as 500KB, or a text such as '2M', '500K' or '1.5MiB'.");
    }
}
