using System.Collections;
using System.Collections.ObjectModel;
using System.Reflection;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Help;
using TorrentPatron.PowerShell.Commands;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Module;

/// <summary>
/// Lists on the objects that PowerShell sees. The compiler's own type for an <see cref="IReadOnlyList{T}"/> has no public indexer, so that
/// <c>$list[0]</c> would return the whole list, and views would print its type.
/// </summary>
public sealed class ListTests
{
    private static readonly Assembly[] Ours =
        [typeof(PipelineCmdlet).Assembly, typeof(Patron).Assembly, typeof(TorrentStatus).Assembly, typeof(InfoHash).Assembly];

    [Fact]
    public void Every_list_that_PowerShell_sees_is_an_array_or_a_read_only_collection()
    {
        HashSet<Type> seen = Visible();

        Assert.Superset(new HashSet<Type> { typeof(TorrentError), typeof(TorrentRemoved), typeof(ServiceSettings), typeof(TrackerSnapshot) }, seen);
        Assert.All(
            from type in seen
            from member in Members(type)
            from part in Parts(member.Type)
            where IsList(part)
            select (Name: $"{type.Name}.{member.Name} is {part}.", Type: part),
            list => Assert.True(Indexes(list.Type), list.Name));
    }

    /// <summary>Our public types that cmdlets write or events contain, and the types of their properties.</summary>
    private static HashSet<Type> Visible()
    {
        var seen = new HashSet<Type>();
        var open = new Queue<Type>(
        [
            .. CmdletShape.All.SelectMany(cmdlet => cmdlet.OutputTypes),
            typeof(ClientStatus), // added to a patron by the types file
            .. typeof(Patron).GetEvents().Select(member => member.EventHandlerType!.GetGenericArguments()[0]),
        ]);
        while (open.TryDequeue(out Type? type))
        {
            if (!Ours.Contains(type.Assembly) || !seen.Add(type))
                continue;
            foreach (Type next in Members(type).SelectMany(member => Parts(member.Type)).Concat(Subtypes(type)))
                open.Enqueue(next);
        }

        return seen;
    }

    private static IEnumerable<Type> Subtypes(Type type) => type.IsAbstract
        ? Ours.SelectMany(assembly => assembly.GetExportedTypes()).Where(heir => heir.IsSubclassOf(type))
        : [];

    private static IEnumerable<(string Name, Type Type)> Members(Type type) =>
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where Ours.Contains(property.DeclaringType!.Assembly)
        select (property.Name, property.PropertyType);

    /// <summary>A type and its type arguments: a list's elements, for example.</summary>
    private static IEnumerable<Type> Parts(Type type)
    {
        yield return type;
        IEnumerable<Type> inner = type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments();
        foreach (Type part in inner.SelectMany(Parts))
            yield return part;
    }

    private static bool IsList(Type type) => type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable));

    private static bool Indexes(Type type) => type.IsArray || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ReadOnlyCollection<>));
}
