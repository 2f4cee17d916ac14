using System.Management.Automation;
using System.Reflection;
using TorrentPatron.PowerShell.Commands;

namespace TorrentPatron.PowerShell.Tests.Module;

/// <summary>A cmdlet as its metadata has it. The attributes themselves do nothing outside PowerShell.</summary>
internal sealed record CmdletPage(Type Type, string Verb, string Noun)
{
    public static IReadOnlyList<CmdletPage> All { get; } =
    [
        .. from type in typeof(PipelineCmdlet).Assembly.GetExportedTypes()
           from attribute in type.GetCustomAttributesData()
           where attribute.AttributeType == typeof(CmdletAttribute)
           select new CmdletPage(
               type, (string)attribute.ConstructorArguments[0].Value!, (string)attribute.ConstructorArguments[1].Value!),
    ];

    public string Name => $"{Verb}-{Noun}";

    public IEnumerable<PropertyInfo> Parameters => Type.GetProperties()
        .Where(property => property.GetCustomAttributesData().Any(data => data.AttributeType == typeof(ParameterAttribute)));

    public bool SupportsShouldProcess => Type.GetCustomAttributesData()
        .Single(data => data.AttributeType == typeof(CmdletAttribute)).NamedArguments
        .Any(argument => argument is { MemberName: "SupportsShouldProcess", TypedValue.Value: true });

    public bool HasOutputType => Type.GetCustomAttributesData().Any(data => data.AttributeType == typeof(OutputTypeAttribute));
}
