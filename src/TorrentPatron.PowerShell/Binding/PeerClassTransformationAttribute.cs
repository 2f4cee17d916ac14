using System.Collections;
using System.Management.Automation;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// Makes peer classes from hashtables and from records such as the lines of a CSV file: <c>Name</c>, <c>Range</c> (one or several), and
/// optionally <c>MaxDownloadRate</c>, <c>MaxUploadRate</c> and <c>Preferred</c>. Accepts its own results too.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PeerClassTransformationAttribute : ArgumentTransformationAttribute
{
    private const string Name = "Name";
    private const string Range = "Range";
    private const string MaxDownloadRate = "MaxDownloadRate";
    private const string MaxUploadRate = "MaxUploadRate";

    /// <summary>The short name that users write, and the name of the property.</summary>
    private static readonly string[] Preferred = ["Preferred", nameof(PeerClass.IsPreferred)];

    private static readonly string[] Known = [Name, Range, MaxDownloadRate, MaxUploadRate, .. Preferred];

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if (PipelineValue.Unwrap(inputData) is null)
            return null;
        PeerClass[] classes = [.. PipelineValue.Each(inputData).Select(Read)];
        return PeerClass.Check(classes) is { } error ? throw Refuse(error) : classes;
    }

    private static PeerClass Read(object? value)
    {
        Func<string, object?> given;
        switch (PipelineValue.Unwrap(value))
        {
            case PeerClass made:
                return made;
            case IDictionary table:
                if (table.Keys.Cast<object>().FirstOrDefault(key => !Known.Contains($"{key}", StringComparer.OrdinalIgnoreCase)) is { } unknown)
                    throw Refuse($"A peer class has no '{unknown}': its keys are {Name}, {Range}, {MaxDownloadRate}, {MaxUploadRate} and {Preferred[0]}.");
                given = name => table.Keys.Cast<object>().FirstOrDefault(key => name.Equals($"{key}", StringComparison.OrdinalIgnoreCase)) is { } key ? table[key] : null;
                break;
            case PSCustomObject:
                // A record's other columns may be about something else.
                given = name => ((PSObject)value!).Properties[name]?.Value;
                break;
            default:
                throw Refuse($"'{value}' is not a peer class. Give a hashtable such as @{{ {Name} = 'office'; {Range} = '10.0.0.0/8'; {MaxUploadRate} = '5 MiB/s' }}.");
        }

        object?[] ranges = [.. PipelineValue.Each(given(Range)).Select(PipelineValue.Unwrap)];
        if (!PeerClass.TryMake($"{PipelineValue.Unwrap(given(Name))}", ranges.Select(range => $"{range}"), out PeerClass? read, out TorrentError? error))
            throw Refuse(error);
        return read with
        {
            MaxDownloadRate = Rate(read, MaxDownloadRate, given),
            MaxUploadRate = Rate(read, MaxUploadRate, given),
            IsPreferred = Preferred.Any(name => new RecordValueAttribute(typeof(bool)).Transform(null!, given(name)) is true),
        };
    }

    private static long? Rate(PeerClass of, string name, Func<string, object?> given)
    {
        object? value = PipelineValue.Unwrap(given(name));
        if (value is null or "")
            return null;
        return ByteSizeReader.TryRead(value, out long bytes) && bytes >= 0
            ? bytes
            : throw Refuse($"'{value}' is not a valid {name} for the peer class '{of.Name}'. Give a number, such as 500KB, a text such as '2M' or '1.5 MiB/s', or 0 for no limit.");
    }

    private static ArgumentTransformationMetadataException Refuse(TorrentError error) => Refuse($"{error.Message} {error.Remedy}");

    private static ArgumentTransformationMetadataException Refuse(string why) => new(why);
}
