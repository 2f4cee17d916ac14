using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TorrentPatron.Engine.Client;
using TorrentPatron.Help;
using TorrentPatron.PowerShell.Commands;
using TorrentPatron.PowerShell.Events;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol;
using TorrentPatron.Remote;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Module;

public sealed partial class ContractTests
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";

    private static readonly Assembly[] Ours =
        [typeof(PipelineCmdlet).Assembly, typeof(ServiceInfo).Assembly, typeof(Patron).Assembly, typeof(TorrentStatus).Assembly, typeof(InfoHash).Assembly];

    [Fact]
    public void Every_verb_is_an_approved_one()
    {
        HashSet<string> approved =
        [
            .. from type in new[]
               {
                   typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic),
                   typeof(VerbsLifecycle), typeof(VerbsOther), typeof(VerbsSecurity),
               }
               from field in type.GetFields()
               select (string)field.GetRawConstantValue()!,
        ];
        Assert.All(CmdletShape.All, cmdlet => Assert.Contains(cmdlet.Verb, approved));
    }

    [Fact]
    public void Every_noun_is_singular() => Assert.All(CmdletShape.All, cmdlet =>
        Assert.True(!cmdlet.Noun.EndsWith('s') || cmdlet.Noun.EndsWith("Status", StringComparison.Ordinal), cmdlet.Name));

    [Fact]
    public void Every_cmdlet_declares_its_output_types() => Assert.All(CmdletShape.All, cmdlet => Assert.True(cmdlet.OutputTypes.Count > 0, cmdlet.Name));

    [Fact]
    public void Every_cmdlet_that_changes_something_supports_ShouldProcess()
    {
        string[] looking = ["Get", "Receive", "Test", "Wait", "Watch", "ConvertTo"];

        // Creating a patron, or subscribing to one, changes nothing.
        string[] harmless = ["New-TorrentPatron", "Register-TorrentEvent"];

        // It writes only the file that it is asked for.
        string[] writing = ["Get-TorrentUpdate"];
        Assert.All(CmdletShape.All, cmdlet => Assert.True(
            cmdlet.SupportsShouldProcess != ((looking.Contains(cmdlet.Verb) && !writing.Contains(cmdlet.Name)) || harmless.Contains(cmdlet.Name)),
            cmdlet.Name));
    }

    [Fact]
    public void Only_cmdlets_that_delete_data_ask_for_confirmation_by_default() => Assert.All(CmdletShape.All, cmdlet =>
        Assert.Equal(cmdlet.Name == "Remove-Torrent" ? ConfirmImpact.High : null, cmdlet.ConfirmImpact));

    [Fact]
    public void Every_event_name_is_an_event_of_a_patron() => Assert.Equal(
        typeof(Patron).GetEvents().Select(member => member.Name).Order(), Enum.GetNames<TorrentEvent>().Order());

    [Fact]
    public void Every_cmdlet_with_a_Path_has_a_LiteralPath() => Assert.All(
        CmdletShape.All.Where(cmdlet => cmdlet.Parameters.Any(parameter => parameter.Name == "Path")), cmdlet =>
        {
            ParameterShape path = cmdlet.Parameters.Single(parameter => parameter.Name == "Path");
            ParameterShape literal = cmdlet.Parameters.Single(parameter => parameter.Name == "LiteralPath");
            Assert.True(path.TakesWildcards && path.UseIn("Path")!.ByValue, cmdlet.Name);
            Assert.True(!literal.TakesWildcards && literal.UseIn("LiteralPath")!.ByPropertyName, cmdlet.Name);
            Assert.Contains("PSPath", literal.Aliases);
        });

    [Fact]
    public void All_cmdlets_select_torrents_by_the_same_parameters() => Assert.All(
        CmdletShape.All.Where(cmdlet => cmdlet.Type.IsAssignableTo(typeof(SelectTorrentCmdlet))), cmdlet =>
        {
            ParameterShape Parameter(string name) => cmdlet.Parameters.Single(parameter => parameter.Name == name);
            Assert.Equal(0, Parameter("Name").UseIn("Name")!.Position);
            Assert.True(Parameter("Name").TakesWildcards, cmdlet.Name);
            Assert.True(Parameter("InfoHash").UseIn("InfoHash")!.ByPropertyName, cmdlet.Name);
            Assert.True(Parameter("InputObject").UseIn("InputObject")!.ByValue, cmdlet.Name);
        });

    [Fact]
    public void Parameters_complete_what_the_session_knows()
    {
        string[] known = ["Patron", "InfoHash", "Tag", "State", "Until", "EventName", "Priority"];
        Assert.All(
            from cmdlet in CmdletShape.All
            from parameter in cmdlet.Parameters
            where known.Contains(parameter.Name) || (parameter.Name is "Name" && cmdlet.Type.IsAssignableTo(typeof(SelectTorrentCmdlet)))
            select (Name: $"{cmdlet.Name} -{parameter.Name}", parameter.IsCompleted),
            parameter => Assert.True(parameter.IsCompleted, parameter.Name));
    }

    [Fact]
    public void The_manifest_exports_all_cmdlets()
    {
        string manifest = File.ReadAllText(Path.Combine(Repository.StagedModule, "TorrentPatron.psd1"));
        string list = CmdletsToExport().Match(manifest).Groups[1].Value;
        IEnumerable<string> exported = Quoted().Matches(list).Select(match => match.Groups[1].Value);
        Assert.Equal(CmdletShape.All.Select(cmdlet => cmdlet.Name).Order(StringComparer.Ordinal), exported.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_module_ships_only_its_own_assemblies() => Assert.All(
        Directory.GetFiles(Repository.StagedModule, "*.dll"),
        file => Assert.StartsWith("TorrentPatron.", Path.GetFileName(file), StringComparison.Ordinal));

    [Fact]
    public void Every_cmdlet_has_a_help_page_with_every_parameter_and_two_examples()
    {
        XElement help = Load(Path.Combine("en-US", "TorrentPatron.PowerShell.dll-Help.xml"));
        Dictionary<string, XElement> pages = help.Elements(Command + "command")
            .ToDictionary(page => (string)page.Element(Command + "details")!.Element(Command + "name")!);
        Assert.Equal(CmdletShape.All.Select(cmdlet => cmdlet.Name).Order(), pages.Keys.Order());

        foreach (CmdletShape cmdlet in CmdletShape.All)
        {
            XElement page = pages[cmdlet.Name];
            List<string> expected = [.. cmdlet.Parameters.Select(parameter => parameter.Name)];
            if (cmdlet.SupportsShouldProcess)
                expected.AddRange(["WhatIf", "Confirm"]);
            Dictionary<string, string> described = page.Element(Command + "parameters")!.Elements(Command + "parameter")
                .ToDictionary(item => (string)item.Element(Maml + "name")!, item => item.Element(Maml + "description")!.Value.Trim());

            Assert.Equal(expected.Order(), described.Keys.Order());
            Assert.All(described.Values, Assert.NotEmpty);
            Assert.NotEmpty(page.Element(Command + "details")!.Element(Maml + "description")!.Value.Trim());
            Assert.NotEmpty(page.Element(Maml + "description")!.Value.Trim());
            Assert.True(page.Descendants(Command + "example").Count() >= 2, cmdlet.Name);
        }
    }

    [Fact]
    public void The_help_file_matches_its_pages()
    {
        string made = HelpFile.Make(Repository.Root);
        Assert.True(
            made == File.ReadAllText(HelpFile.PathIn(Repository.Root)),
            "The help is not what docs/en-US and the cmdlets make: dotnet run --project build/Help");
    }

    [Fact]
    public void The_help_has_a_syntax_for_every_parameter_set_with_the_default_one_first()
    {
        XElement help = Load(Path.Combine("en-US", "TorrentPatron.PowerShell.dll-Help.xml"));
        XElement page = help.Elements(Command + "command")
            .Single(page => (string)page.Element(Command + "details")!.Element(Command + "name")! == "Register-TorrentEvent");
        string[] selectors = ["Name", "InfoHash", "InputObject"];

        string[][] syntaxes =
        [
            .. page.Element(Command + "syntax")!.Elements(Command + "syntaxItem")
                .Select(item => item.Descendants(Maml + "name").Select(name => name.Value).Intersect(selectors).ToArray()),
        ];

        Assert.Equal([[], ["Name"], ["InfoHash"], ["InputObject"]], syntaxes);
    }

    [Fact]
    public void There_is_a_topic_about_the_module() =>
        Assert.Contains("about_TorrentPatron", File.ReadAllText(Path.Combine(Repository.StagedModule, "en-US", "about_TorrentPatron.help.txt")),
            StringComparison.Ordinal);

    [Fact]
    public void Every_error_id_is_in_the_topic_about_the_module()
    {
        string topic = File.ReadAllText(Path.Combine(Repository.StagedModule, "en-US", "about_TorrentPatron.help.txt"));
        Assert.All(
            from type in new[] { typeof(TorrentErrorId), typeof(CommandErrors) }
            from field in type.GetFields(BindingFlags.Public | BindingFlags.Static)
            where field.IsLiteral && field.FieldType == typeof(string)
            select (string)field.GetRawConstantValue()!,
            id => Assert.Matches($@"(?m)^ +{id} +\S", topic));
    }

    [Fact]
    public void Views_name_types_and_properties_that_exist()
    {
        ILookup<string, string> added = Load("TorrentPatron.Types.ps1xml").Elements("Type")
            .SelectMany(type => type.Descendants("CodeProperty").Select(property => (Type: (string)type.Element("Name")!, Name: (string)property.Element("Name")!)))
            .ToLookup(property => property.Type, property => property.Name);

        foreach (XElement view in Load("TorrentPatron.Format.ps1xml").Descendants("View"))
        {
            string typeName = (string)view.Descendants("TypeName").Single();
            IEnumerable<string> named = view.Descendants("PropertyName").Select(element => element.Value)
                .Concat(view.Descendants("ScriptBlock").SelectMany(script => OwnProperty().Matches(script.Value).Select(match => match.Groups[1].Value)));
            AssertExist(typeName, named, added);
        }

        foreach (XElement type in Load("TorrentPatron.Types.ps1xml").Elements("Type"))
        {
            AssertExist(
                (string)type.Element("Name")!,
                type.Descendants("PropertySet").Where(set => (string?)set.Element("Name") != "PropertySerializationSet")
                    .Descendants("ReferencedProperties").Elements("Name").Select(name => name.Value),
                added);
        }
    }

    [Fact]
    public void Views_and_added_properties_need_no_script_that_constrained_language_or_a_deserialized_object_refuses()
    {
        XElement types = Load("TorrentPatron.Types.ps1xml");
        Assert.DoesNotContain(types.Descendants(), element => element.Name.LocalName.StartsWith("Script", StringComparison.Ordinal));
        Assert.All(types.Descendants("GetCodeReference"), code =>
            Assert.NotNull(Ours[0].GetType((string)code.Element("TypeName")!)!.GetMethod((string)code.Element("MethodName")!, [typeof(PSObject)])));
        Assert.All(
            Load("TorrentPatron.Format.ps1xml").Descendants("ScriptBlock").SelectMany(script => TypeName().Matches(script.Value)),
            match => Assert.Contains(match.Groups[1].Value, (string[])["double", "string", "decimal", "datetime", "cultureinfo", "Environment"]));
    }

    [Fact]
    public void Enums_are_serialized_as_names_and_times_as_times()
    {
        XElement[] types = [.. Load("TorrentPatron.Types.ps1xml").Elements("Type")];
        string[] asText =
        [
            .. from type in types
               where type.Descendants("NoteProperty").Any(note => ((string?)note.Element("Name"), (string?)note.Element("Value")) == ("SerializationMethod", "String"))
               select (string)type.Element("Name")!,
        ];
        foreach (PropertyInfo property in WrittenProperties())
        {
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type.IsEnum)
                Assert.Contains(type.FullName, asText);
            if (type != typeof(DateTimeOffset))
                continue;
            XElement? owner = types.SingleOrDefault(one => (string)one.Element("Name")! == property.DeclaringType!.FullName);
            Assert.True(
                owner?.Descendants("CodeProperty").Any(code => (string)code.Element("Name")! == property.Name) == true,
                $"{property.DeclaringType}.{property.Name} becomes text.");
        }
    }

    [Fact]
    public void All_properties_of_a_message_are_serialized()
    {
        XElement type = Load("TorrentPatron.Types.ps1xml").Elements("Type").Single(one => (string)one.Element("Name")! == typeof(TorrentMessage).FullName);
        IEnumerable<string> serialized = type.Descendants("PropertySet")
            .Single(set => (string?)set.Element("Name") == "PropertySerializationSet").Descendants("Name").Skip(1).Select(name => name.Value);
        string[] left = [nameof(TorrentMessage.TorrentId), nameof(MetadataReceived.Metainfo)];

        Assert.All(
            typeof(TorrentMessage).Assembly.GetExportedTypes().Where(typeof(TorrentMessage).IsAssignableFrom).SelectMany(message => message.GetProperties()),
            property => Assert.Contains(property.Name, serialized.Concat(left)));
    }

    [Fact]
    public void Every_table_fits_its_last_column_in_60_columns()
    {
        foreach (XElement table in Load("TorrentPatron.Format.ps1xml").Descendants("TableHeaders"))
        {
            XElement[] columns = [.. table.Elements("TableColumnHeader")];

            // A column without a width gets the remaining width; PowerShell allows that only for the last column.
            Assert.All(columns[..^1], column => Assert.NotNull(column.Element("Width")));
            // A peer is identified by its address, in the first column.
            Assert.InRange(columns[..^1].Sum(column => (int)column.Element("Width")! + 1), 1, (string?)columns[0].Element("Label") == "Address" ? 56 : 50);
        }
    }

    private static void AssertExist(string typeName, IEnumerable<string> names, ILookup<string, string> added)
    {
        Type? type = Ours.Select(assembly => assembly.GetType(typeName)).SingleOrDefault(found => found is not null);
        Assert.True(type is not null, $"There is no type {typeName}.");
        Assert.All(names, name => Assert.True(
            type.GetProperty(name) is not null || added[typeName].Contains(name), $"{typeName} has no property {name}."));
    }

    /// <summary>The properties of the cmdlets' output types and of their members.</summary>
    private static IEnumerable<PropertyInfo> WrittenProperties()
    {
        var types = new Queue<Type>(CmdletShape.All.SelectMany(cmdlet => cmdlet.OutputTypes).Append(typeof(TorrentMessage))
            .Concat(typeof(TorrentMessage).Assembly.GetExportedTypes().Where(typeof(TorrentMessage).IsAssignableFrom)));
        var seen = new HashSet<Type>();
        while (types.TryDequeue(out Type? type))
        {
            if (!Ours.Contains(type.Assembly) || type == typeof(Patron) || type == typeof(PowerShell.Jobs.TorrentJob) || !seen.Add(type))
                continue;
            foreach (PropertyInfo property in type.GetProperties().Where(one => one.DeclaringType == type && one.Name != nameof(MetadataReceived.Metainfo)))
            {
                yield return property;
                types.Enqueue(property.PropertyType.GetGenericArguments().FirstOrDefault() ?? property.PropertyType);
            }
        }
    }

    private static XElement Load(string file) => XDocument.Load(Path.Combine(Repository.StagedModule, file)).Root!;

    [GeneratedRegex(@"CmdletsToExport\s*=\s*@\(([^)]*)\)")]
    private static partial Regex CmdletsToExport();

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\[([A-Za-z][\w.]*)\]")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\$_\.(\w+)")]
    private static partial Regex OwnProperty();
}
