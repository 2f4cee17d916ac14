using System.Text.RegularExpressions;

namespace TorrentPatron.Help;

/// <summary>
/// A cmdlet's page of help as it is written in docs: a title, a synopsis, and the sections Description, Parameters, Output
/// and Examples. Paragraphs may be broken into lines; a line that begins with a bullet begins a paragraph.
/// </summary>
public sealed partial class HelpPage
{
    private readonly Dictionary<string, string> _parameters = [];
    private readonly List<HelpExample> _examples = [];

    private HelpPage(string name) => Name = name;

    /// <summary>What it is about: the cmdlet's name.</summary>
    public string Name { get; }

    /// <summary>What the cmdlet does, in a sentence.</summary>
    public string Synopsis { get; private set; } = "";

    /// <summary>What the cmdlet does, in paragraphs.</summary>
    public string Description { get; private set; } = "";

    /// <summary>What it writes.</summary>
    public string Output { get; private set; } = "";

    /// <summary>The parameters' descriptions, by name.</summary>
    public IReadOnlyDictionary<string, string> Parameters => _parameters;

    /// <summary>The examples.</summary>
    public IReadOnlyList<HelpExample> Examples => _examples;

    /// <summary>Reads a page.</summary>
    /// <exception cref="InvalidDataException">It has a section that help does not know, or an example without code.</exception>
    public static HelpPage Read(string file)
    {
        if (!File.Exists(file))
            throw new InvalidDataException($"There is no page '{file}'.");

        string[] parts = Section().Split(File.ReadAllText(file).ReplaceLineEndings("\n"));
        (string name, string synopsis) = Headed(parts[0].TrimStart('#', ' '));
        var page = new HelpPage(name) { Synopsis = synopsis };
        foreach (string part in parts[1..])
            page.Take(part);
        return page;
    }

    /// <summary>The paragraphs of a text, each as one line, without the marks of Markdown.</summary>
    public static IEnumerable<string> Paragraphs(string text) => Blank().Split(text.Trim())
        .Where(paragraph => paragraph.Length > 0)
        .Select(paragraph => Mark().Replace(paragraph.StartsWith('|') ? paragraph : paragraph.Replace('\n', ' '), "$1"));

    private static (string Head, string Body) Headed(string part)
    {
        string[] lines = part.Split('\n', 2);
        return (lines[0].Trim(), lines.Length > 1 ? lines[1].Trim() : "");
    }

    private void Take(string part)
    {
        (string head, string body) = Headed(part);
        switch (head)
        {
            case "Description":
                Description = body;
                break;
            case "Output":
                Output = body;
                break;
            case "Parameters":
                foreach ((string name, string text) in Subsection().Split(body)[1..].Select(Headed))
                    _parameters.Add(name.TrimStart('-'), text);
                break;
            case "Examples":
                _examples.AddRange(Subsection().Split(body)[1..].Select(Headed).Select(Example));
                break;
            case "See also":
                break;
            default:
                throw new InvalidDataException($"{Name} has a section '{head}', which help does not know.");
        }
    }

    private HelpExample Example((string Title, string Body) example)
    {
        Match code = Code().Match(example.Body);
        return code.Success
            ? new HelpExample(example.Title, code.Groups[1].Value, example.Body.Remove(code.Index, code.Length))
            : throw new InvalidDataException($"{Name} has an example without code: {example.Title}");
    }

    [GeneratedRegex(@"^## ", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^### ", RegexOptions.Multiline)]
    private static partial Regex Subsection();

    [GeneratedRegex(@"\n{2,}|\n(?=- )")]
    private static partial Regex Blank();

    [GeneratedRegex(@"`([^`]+)`|\*\*([^*]+)\*\*")]
    private static partial Regex Mark();

    [GeneratedRegex(@"^```powershell\n(.*?)\n```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Code();
}
