using System.Collections;
using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Values that PowerShell binds to a parameter, before it converts them to the parameter's type.</summary>
internal static class PipelineValue
{
    /// <summary>A value without its PSObject.</summary>
    /// <param name="value">The value, or null.</param>
    public static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>The values of an argument that may be one or several.</summary>
    /// <param name="argument">The argument.</param>
    public static IEnumerable<object?> Each(object? argument) =>
        Unwrap(argument) is IList { } list and not byte[] ? list.Cast<object?>() : [argument];

    /// <summary>
    /// Refuses a value, so that PowerShell tries to bind it to another parameter. PowerShell does so only for this inner exception.
    /// </summary>
    /// <param name="why">The message that is shown if no other parameter accepts the value.</param>
    public static ArgumentTransformationMetadataException Refuse(string why)
    {
        var cause = new PSInvalidCastException(why);
        return new ArgumentTransformationMetadataException(cause.Message, cause);
    }
}
