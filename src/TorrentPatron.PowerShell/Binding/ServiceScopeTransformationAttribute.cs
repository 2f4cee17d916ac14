using System.Management.Automation;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Accepts CurrentUser and AllUsers, as other installing cmdlets call them, for User and Machine.</summary>
internal sealed class ServiceScopeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => PipelineValue.Unwrap(inputData) is not string text ? inputData
        : text.Equals("CurrentUser", StringComparison.OrdinalIgnoreCase) ? ServiceScope.User
        : text.Equals("AllUsers", StringComparison.OrdinalIgnoreCase) ? ServiceScope.Machine
        : inputData;
}
