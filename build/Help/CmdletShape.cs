using System.Management.Automation;
using System.Reflection;
using TorrentPatron.PowerShell.Commands;

namespace TorrentPatron.Help;

/// <summary>A cmdlet as its metadata has it. The attributes themselves do nothing outside PowerShell.</summary>
/// <param name="Type">Its class.</param>
/// <param name="Verb">The first half of its name.</param>
/// <param name="Noun">The second half of its name.</param>
public sealed record CmdletShape(Type Type, string Verb, string Noun)
{
    /// <summary>All cmdlets of the module, by name.</summary>
    public static IReadOnlyList<CmdletShape> All { get; } =
    [
        .. from type in typeof(PipelineCmdlet).Assembly.GetExportedTypes()
           from attribute in type.GetCustomAttributesData()
           where attribute.AttributeType == typeof(CmdletAttribute)
           let shape = new CmdletShape(
               type, (string)attribute.ConstructorArguments[0].Value!, (string)attribute.ConstructorArguments[1].Value!)
           orderby shape.Name
           select shape,
    ];

    /// <summary>The cmdlet's name.</summary>
    public string Name => $"{Verb}-{Noun}";

    /// <summary>Whether it has <c>-WhatIf</c> and <c>-Confirm</c>.</summary>
    public bool SupportsShouldProcess => Named(nameof(CmdletAttribute.SupportsShouldProcess)) is true;

    /// <summary>When it asks without being told to; null where that is not said.</summary>
    public ConfirmImpact? ConfirmImpact => (ConfirmImpact?)(int?)Named(nameof(CmdletAttribute.ConfirmImpact));

    /// <summary>The name of the parameter set that counts where none is clear; null: it is not said.</summary>
    public string? DefaultParameterSet => (string?)Named(nameof(CmdletAttribute.DefaultParameterSetName));

    /// <summary>The types that it says it writes.</summary>
    public IReadOnlyList<Type> OutputTypes =>
    [
        .. from data in Type.GetCustomAttributesData()
           where data.AttributeType == typeof(OutputTypeAttribute)
           from argument in data.ConstructorArguments
           from type in argument.Value is IEnumerable<CustomAttributeTypedArgument> several ? several.Select(item => item.Value) : [argument.Value]
           where type is Type
           select (Type)type,
    ];

    /// <summary>Its own parameters, those of its bases included, as they are written in the classes, the base's last.</summary>
    public IReadOnlyList<ParameterShape> Parameters =>
    [
        .. from property in Type.GetProperties()
           let uses = property.GetCustomAttributesData().Where(data => data.AttributeType == typeof(ParameterAttribute)).ToList()
           where uses.Count > 0
           select new ParameterShape(property, uses),
    ];

    /// <summary>The names of its parameter sets, the default one first; one without a name where it has none.</summary>
    public IReadOnlyList<string?> ParameterSets
    {
        get
        {
            // The default one may have no parameter of its own.
            string[] named = [.. Parameters.SelectMany(parameter => parameter.Sets).Append(DefaultParameterSet).OfType<string>().Distinct()];
            return named.Length == 0 ? [null] : [.. named.OrderByDescending(name => name == DefaultParameterSet)];
        }
    }

    private object? Named(string member) => Type.GetCustomAttributesData()
        .Single(data => data.AttributeType == typeof(CmdletAttribute)).NamedArguments
        .Where(argument => argument.MemberName == member).Select(argument => argument.TypedValue.Value).SingleOrDefault();
}
