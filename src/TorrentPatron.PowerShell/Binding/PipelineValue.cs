using System.Collections;
using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>What PowerShell hands to a parameter, before it is converted to the parameter's type.</summary>
internal static class PipelineValue
{
    /// <summary>A value without PowerShell's wrapping.</summary>
    /// <param name="value">The value; null: none.</param>
    public static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>The values of an argument that may be one or several.</summary>
    /// <param name="argument">The argument.</param>
    public static IEnumerable<object?> Each(object? argument) =>
        Unwrap(argument) is IList { } list and not byte[] ? list.Cast<object?>() : [argument];

    /// <summary>
    /// Refuses a value, so that PowerShell goes on and looks whether another parameter takes it. It does so only by this cause.
    /// </summary>
    /// <param name="why">What is said where no other parameter takes it.</param>
    public static ArgumentTransformationMetadataException Refuse(string why)
    {
        var cause = new PSInvalidCastException(why);
        return new ArgumentTransformationMetadataException(cause.Message, cause);
    }
}
