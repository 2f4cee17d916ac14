using System.Xml;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>
/// Reads routers' XML within limits: no document type, no external content, a limited number of elements and depth.
/// </summary>
internal static class BoundedXml
{
    /// <summary>The longest document that is read, bytes.</summary>
    public const int LongestDocument = 128 * 1024;

    private const int MostElements = 4_000;
    private const int DeepestElement = 32;
    private const int LongestText = 4_096;

    private static readonly XmlReaderSettings _settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = LongestDocument,
        MaxCharactersFromEntities = 1_024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        CloseInput = false,
    };

    /// <summary>Walks through a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="onText">
    /// Takes the text of an element without child elements, and the names of its ancestors, without prefixes; its own is the
    /// last.
    /// </param>
    /// <param name="onEnd">Takes the name of an element that has ended.</param>
    /// <returns>Whether the whole document could be read.</returns>
    public static bool TryWalk(ReadOnlyMemory<byte> document, Action<List<string>, string> onText, Action<string>? onEnd = null)
    {
        if (document.Length > LongestDocument)
            return false;
        var path = new List<string>();
        string text = "";
        bool isLeaf = false;
        int elements = 0;
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(document.ToArray(), writable: false), _settings);
            while (reader.Read())
            {
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                        if (++elements > MostElements || path.Count >= DeepestElement)
                            return false;
                        path.Add(reader.LocalName);
                        (text, isLeaf) = ("", true);
                        if (reader.IsEmptyElement)
                            End();
                        break;
                    case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace:
                        if (text.Length + reader.Value.Length > LongestText)
                            return false;
                        text += reader.Value;
                        break;
                    case XmlNodeType.EndElement:
                        End();
                        break;
                }
            }

            return elements > 0;
        }
        catch (Exception e) when (e is XmlException or ArgumentException or InvalidOperationException)
        {
            // Not XML, or in an invalid encoding.
            return false;
        }

        void End()
        {
            if (isLeaf)
                onText(path, text.Trim());
            onEnd?.Invoke(path[^1]);
            path.RemoveAt(path.Count - 1);
            (text, isLeaf) = ("", false);
        }
    }
}
