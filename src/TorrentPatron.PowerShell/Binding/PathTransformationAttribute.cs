using System.Globalization;
using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// Accepts texts and files as paths, and nothing else. PowerShell would convert any object to text before it looks for a property that
/// fits another parameter, such as the Uri in each line of a CSV file.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PathTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        string[] paths = [.. PipelineValue.Each(inputData).Select(Read)];
        return paths is [string path] ? path : paths;
    }

    private static string Read(object? value) => PipelineValue.Unwrap(value) switch
    {
        string path => path,
        FileSystemInfo file => file.FullName,
        int number => number.ToString(CultureInfo.InvariantCulture),
        _ => throw PipelineValue.Refuse($"'{value}' is not a path."),
    };
}
