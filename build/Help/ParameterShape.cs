using System.Management.Automation;
using System.Reflection;

namespace TorrentPatron.Help;

/// <summary>A cmdlet's parameter as its metadata has it.</summary>
/// <param name="Property">Its property.</param>
/// <param name="Uses">Its <see cref="ParameterAttribute"/>s, one for each parameter set, or one for all.</param>
public sealed record ParameterShape(PropertyInfo Property, IReadOnlyList<CustomAttributeData> Uses)
{
    /// <summary>Its name.</summary>
    public string Name => Property.Name;

    /// <summary>Its other names.</summary>
    public IReadOnlyList<string> Aliases =>
    [
        .. from data in Property.GetCustomAttributesData()
           where data.AttributeType == typeof(AliasAttribute)
           from argument in data.ConstructorArguments
           from name in (IEnumerable<CustomAttributeTypedArgument>)argument.Value!
           select (string)name.Value!,
    ];

    /// <summary>The parameter sets that it belongs to; null stands for all.</summary>
    public IEnumerable<string?> Sets => Uses.Select(use => (string?)Named(use, nameof(ParameterAttribute.ParameterSetName)));

    /// <summary>Whether wildcards mean something in it.</summary>
    public bool TakesWildcards =>
        Property.GetCustomAttributesData().Any(data => data.AttributeType == typeof(SupportsWildcardsAttribute));

    /// <summary>Whether it has something that completes its values: an attribute, or the names of an enumeration.</summary>
    public bool IsCompleted => ValueType.IsEnum || Property.GetCustomAttributesData()
        .Any(data => data.AttributeType.IsAssignableTo(typeof(ArgumentCompleterAttribute)));

    /// <summary>Whether it takes no value.</summary>
    public bool IsSwitch => Property.PropertyType == typeof(SwitchParameter);

    /// <summary>The type of one value, without nullability.</summary>
    public Type ValueType
    {
        get
        {
            Type type = Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;
            return type is { IsArray: true } && type != typeof(byte[]) ? type.GetElementType()! : type;
        }
    }

    /// <summary>The type as it is shown, such as <c>String[]</c>.</summary>
    public string TypeName => (Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType).Name;

    /// <summary>How it is used in a parameter set; null where it does not belong to that set.</summary>
    /// <param name="set">The set's name; null: any.</param>
    public ParameterUse? UseIn(string? set) => Uses
        .Where(use => set is null || Named(use, nameof(ParameterAttribute.ParameterSetName)) is not string named || named == set)
        .Select(use => new ParameterUse(
            Named(use, nameof(ParameterAttribute.Mandatory)) is true,
            Named(use, nameof(ParameterAttribute.Position)) as int?,
            Named(use, nameof(ParameterAttribute.ValueFromPipeline)) is true,
            Named(use, nameof(ParameterAttribute.ValueFromPipelineByPropertyName)) is true))
        .FirstOrDefault();

    private static object? Named(CustomAttributeData data, string member) => data.NamedArguments
        .Where(argument => argument.MemberName == member).Select(argument => argument.TypedValue.Value).SingleOrDefault();
}
