using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace TorrentPatron.Help;

/// <summary>The module's help file: one for all cmdlets, as PowerShell wants it.</summary>
public static class HelpFile
{
    /// <summary>What several cmdlets have in common, described once.</summary>
    private const string CommonPage = "common.md";

    /// <summary>Where the help file is in a repository.</summary>
    public static string PathIn(string root) => Path.Combine(root, "module", "en-US", "TorrentPatron.PowerShell.dll-Help.xml");

    /// <summary>Makes the help file's text from a repository's pages.</summary>
    /// <exception cref="InvalidDataException">A cmdlet has no page, or a page does not say what it must.</exception>
    public static string Make(string root)
    {
        string pages = Path.Combine(root, "docs", "en-US");
        HelpPage common = HelpPage.Read(Path.Combine(pages, CommonPage));
        var document = new XDocument(MamlWriter.Write(
            CmdletShape.All.Select(cmdlet => (cmdlet, HelpPage.Read(Path.Combine(pages, $"{cmdlet.Name}.md")))), common));

        var text = new StringBuilder();
        var settings = new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true };
        using (var writer = XmlWriter.Create(text, settings))
            document.Save(writer);
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{text}\n";
    }
}
