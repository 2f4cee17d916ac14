using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// Reads a parameter that records can set by a property, such as a column of a CSV file, where everything is text. An empty text means
/// null, or off for a switch. Any other text of a wrong kind is an error: PowerShell would silently skip the parameter.
/// </summary>
/// <param name="type">The type of the parameter or of its elements: a number, an enumeration, bool, string, Uri.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RecordValueAttribute(Type type) : ArgumentTransformationAttribute
{
    /// <summary>The type of the parameter or of its elements.</summary>
    public Type Type { get; } = type;

    private string Expected => Type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(Type))}" : Type == typeof(Uri) ? "an address" : "a number";

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object?[] values = [.. PipelineValue.Each(inputData).Where(value => PipelineValue.Unwrap(value) is not (null or ""))];
        // PowerShell would turn the switch on for an empty value.
        if (values.Length == 0 && Type == typeof(bool))
            return false;
        if (values.Length == 0)
            return PipelineValue.Unwrap(inputData) is Array { Length: 0 } ? inputData : null;
        object?[] read = [.. values.Select(Read)];
        return read is [{ } one] && PipelineValue.Unwrap(inputData) is not Array ? one : read;
    }

    private object? Read(object? value)
    {
        object? plain = PipelineValue.Unwrap(value);
        if (Type == typeof(bool))
            return ReadSwitch(plain);
        try
        {
            return LanguagePrimitives.ConvertTo(value, Type, System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (PSInvalidCastException)
        {
            // Without an inner exception: with one, PowerShell would go on as if the parameter had not been given.
            throw new ArgumentTransformationMetadataException($"'{plain}' is not {Expected}.");
        }
    }

    private static bool ReadSwitch(object? value) => value switch
    {
        bool on => on,
        SwitchParameter on => on.IsPresent,
        string text when bool.TryParse(text, out bool on) => on,
        "1" => true,
        "0" => false,
        _ when LanguagePrimitives.TryConvertTo(value, out double number) => number != 0,
        _ => throw new ArgumentTransformationMetadataException($"'{value}' is neither True nor False."),
    };
}
