namespace TorrentPatron.Protocol.Bencoding;

/// <summary>A key and its value in a dictionary.</summary>
public readonly struct BencodeEntry
{
    private readonly BencodeElement _key;

    internal BencodeEntry(BencodeElement key, BencodeElement value)
    {
        _key = key;
        Value = value;
    }

    /// <summary>The key's bytes, not copied.</summary>
    public ReadOnlySpan<byte> Key => _key.AsBytes();

    /// <summary>The key's bytes, not copied, in a form that can be stored.</summary>
    public ReadOnlyMemory<byte> KeyMemory => _key.AsMemory();

    /// <summary>The key as UTF-8; invalid sequences become U+FFFD.</summary>
    public string KeyText => _key.AsText();

    /// <summary>The value.</summary>
    public BencodeElement Value { get; }
}
