using System.Xml.Linq;

namespace TorrentPatron.Help;

/// <summary>Writes help in the form that PowerShell reads (MAML).</summary>
internal static class MamlWriter
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly string[] AskingParameters = ["WhatIf", "Confirm"];

    /// <summary>Writes the pages of all cmdlets.</summary>
    /// <param name="cmdlets">Each cmdlet with its page.</param>
    /// <param name="common">Describes the parameters that a cmdlet's own page does not.</param>
    public static XElement Write(IEnumerable<(CmdletShape Cmdlet, HelpPage Page)> cmdlets, HelpPage common) => new(
        XName.Get("helpItems", "http://msh"),
        new XAttribute("schema", "maml"),
        new XAttribute(XNamespace.Xmlns + "maml", Maml),
        new XAttribute(XNamespace.Xmlns + "command", Command),
        new XAttribute(XNamespace.Xmlns + "dev", Dev),
        cmdlets.Select(pair => Write(pair.Cmdlet, pair.Page, common)));

    private static XElement Write(CmdletShape cmdlet, HelpPage page, HelpPage common)
    {
        Check(cmdlet, page);
        return new XElement(
            Command + "command",
            new XElement(
                Command + "details",
                new XElement(Command + "name", cmdlet.Name),
                new XElement(Command + "verb", cmdlet.Verb),
                new XElement(Command + "noun", cmdlet.Noun),
                Description(page.Synopsis)),
            Description(page.Description),
            new XElement(Command + "syntax", cmdlet.ParameterSets.Select(set => Syntax(cmdlet, set))),
            new XElement(
                Command + "parameters",
                cmdlet.Parameters.Select(parameter => Parameter(parameter, set: null, Describe(parameter.Name))),
                Asking(cmdlet).Select(name => AskingParameter(name, Describe(name)))),
            new XElement(Command + "inputTypes", Inputs(cmdlet).Select(type => TypeItem(Command + "inputType", type, ""))),
            new XElement(
                Command + "returnValues",
                cmdlet.OutputTypes.Where(type => type != typeof(void))
                    .Select(type => TypeItem(Command + "returnValue", type.FullName!, page.Output))),
            new XElement(Command + "examples", page.Examples.Select(Example)),
            new XElement(Command + "relatedLinks", Links(cmdlet)));

        string Describe(string parameter) => page.Parameters.GetValueOrDefault(parameter) ?? common.Parameters.GetValueOrDefault(parameter)
            ?? throw new InvalidDataException($"{cmdlet.Name} -{parameter} is not described.");
    }

    private static void Check(CmdletShape cmdlet, HelpPage page)
    {
        if (page.Name != cmdlet.Name)
            throw new InvalidDataException($"The page of {cmdlet.Name} is titled '{page.Name}'.");
        string? unknown = page.Parameters.Keys.Except(cmdlet.Parameters.Select(parameter => parameter.Name).Concat(Asking(cmdlet))).FirstOrDefault();
        if (unknown is not null)
            throw new InvalidDataException($"{cmdlet.Name} has no parameter -{unknown}.");
    }

    private static string[] Asking(CmdletShape cmdlet) => cmdlet.SupportsShouldProcess ? AskingParameters : [];

    private static IEnumerable<string> Inputs(CmdletShape cmdlet) => cmdlet.Parameters
        .Where(parameter => parameter.Uses.Count > 0 && parameter.UseIn(null) is { ByValue: true })
        .Select(parameter => parameter.ValueType.FullName!).Distinct();

    /// <summary>About the module, then the cmdlets of the same noun, then those that begin alike.</summary>
    private static IEnumerable<XElement> Links(CmdletShape cmdlet) => CmdletShape.All
        .Where(other => other.Name != cmdlet.Name && other.Noun == cmdlet.Noun)
        .Select(other => other.Name)
        .Prepend("about_TorrentPatron")
        .Select(text => new XElement(
            Maml + "navigationLink", new XElement(Maml + "linkText", text), new XElement(Maml + "uri")));

    private static XElement Syntax(CmdletShape cmdlet, string? set) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", cmdlet.Name),
        cmdlet.Parameters
            .Select(parameter => (Parameter: parameter, Use: parameter.UseIn(set)))
            .Where(pair => pair.Use is not null)
            .OrderBy(pair => pair.Use!.Position ?? int.MaxValue)
            .ThenByDescending(pair => pair.Use!.IsMandatory)
            .Select(pair => Parameter(pair.Parameter, set, description: null)),
        Asking(cmdlet).Select(name => AskingParameter(name, description: null)));

    private static XElement Parameter(ParameterShape parameter, string? set, string? description)
    {
        ParameterUse use = parameter.UseIn(set)!;
        string pipeline = (use.ByValue, use.ByPropertyName) switch
        {
            (true, true) => "True (ByValue, ByPropertyName)",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            _ => "False",
        };
        return new XElement(
            Command + "parameter",
            new XAttribute("required", use.IsMandatory ? "true" : "false"),
            new XAttribute("variableLength", parameter.Property.PropertyType.IsArray ? "true" : "false"),
            new XAttribute("globbing", parameter.TakesWildcards ? "true" : "false"),
            new XAttribute("pipelineInput", pipeline),
            new XAttribute("position", use.Position?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "named"),
            new XAttribute("aliases", parameter.Aliases is [_, ..] ? string.Join(", ", parameter.Aliases) : "none"),
            new XElement(Maml + "name", parameter.Name),
            description is null ? null : Description(description),
            parameter.IsSwitch ? null : Value(parameter),
            description is null && parameter.ValueType.IsEnum ? Values(parameter) : null,
            description is null ? null : new XElement(Dev + "type", new XElement(Maml + "name", parameter.TypeName)));
    }

    private static XElement Value(ParameterShape parameter) => new(
        Command + "parameterValue",
        new XAttribute("required", "true"),
        new XAttribute("variableLength", parameter.Property.PropertyType.IsArray ? "true" : "false"),
        parameter.TypeName);

    private static XElement Values(ParameterShape parameter) => new(
        Command + "parameterValueGroup",
        Enum.GetNames(parameter.ValueType).Select(name => new XElement(
            Command + "parameterValue", new XAttribute("required", "false"), new XAttribute("variableLength", "false"), name)));

    private static XElement AskingParameter(string name, string? description) => new(
        Command + "parameter",
        new XAttribute("required", "false"),
        new XAttribute("variableLength", "false"),
        new XAttribute("globbing", "false"),
        new XAttribute("pipelineInput", "False"),
        new XAttribute("position", "named"),
        new XAttribute("aliases", name == "WhatIf" ? "wi" : "cf"),
        new XElement(Maml + "name", name),
        description is null ? null : Description(description),
        description is null ? null : new XElement(Dev + "type", new XElement(Maml + "name", "SwitchParameter")));

    private static XElement TypeItem(XName name, string type, string description) => new(
        name, new XElement(Dev + "type", new XElement(Maml + "name", type)), Description(description));

    private static XElement Example(HelpExample example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"Example {index + 1}: {example.Title}"),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", Paragraphs(example.Remarks)));

    private static XElement Description(string text) => new(Maml + "description", Paragraphs(text));

    private static IEnumerable<XElement> Paragraphs(string text) =>
        HelpPage.Paragraphs(text).Select(paragraph => new XElement(Maml + "para", paragraph));
}
