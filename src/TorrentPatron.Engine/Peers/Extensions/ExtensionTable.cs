using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>A torrent's extensions (BEP 10), each with the number that peers use for its messages to us. Thread-safe.</summary>
internal sealed class ExtensionTable
{
    private volatile IPeerExtension?[] _extensions = [];

    /// <summary>The enabled extensions.</summary>
    public IEnumerable<IPeerExtension> All => _extensions.OfType<IPeerExtension>();

    /// <summary>Enables an extension, replacing one of the same name and reusing its number.</summary>
    public void Set(IPeerExtension extension)
    {
        IPeerExtension?[] extensions = [.. _extensions];
        int index = Array.FindIndex(extensions, other => other?.Name == extension.Name);
        if (index < 0)
            extensions = [.. extensions, extension];
        else
            extensions[index] = extension;
        _extensions = extensions;
    }

    /// <summary>Disables an extension; its number stays reserved, because peers know it.</summary>
    public void Remove(IPeerExtension extension) =>
        _extensions = [.. _extensions.Select(other => other == extension ? null : other)];

    /// <summary>The extension with a number; null if there is none.</summary>
    public IPeerExtension? Find(byte number)
    {
        IPeerExtension?[] extensions = _extensions;
        return number > 0 && number <= extensions.Length ? extensions[number - 1] : null;
    }

    /// <summary>Completes our extension handshake.</summary>
    /// <param name="hello">Its other entries.</param>
    public ExtensionHandshake Describe(ExtensionHandshake hello)
    {
        IPeerExtension?[] extensions = _extensions;
        var numbers = new Dictionary<string, byte>(extensions.Length);
        for (int i = 0; i < extensions.Length; i++)
        {
            if (extensions[i] is not { } extension)
                continue;
            numbers[extension.Name] = (byte)(i + 1);
            hello = extension.Describe(hello);
        }

        return hello with { Extensions = numbers };
    }
}
