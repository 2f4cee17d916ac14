using System.Management.Automation;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Takes CurrentUser and AllUsers, as other cmdlets that install something have them, for User and Machine.</summary>
internal sealed class ServiceScopeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => PipelineValue.Unwrap(inputData) is not string text ? inputData
        : text.Equals("CurrentUser", StringComparison.OrdinalIgnoreCase) ? ServiceScope.User
        : text.Equals("AllUsers", StringComparison.OrdinalIgnoreCase) ? ServiceScope.Machine
        : inputData;
}
