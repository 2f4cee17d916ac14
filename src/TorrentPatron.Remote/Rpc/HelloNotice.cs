using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Rpc;

/// <summary>An error that is reported with hello.</summary>
internal sealed class HelloNotice
{
    private const int MostChars = 1_000;

    /// <summary>Its stable id.</summary>
    public string? Id { get; set; }

    /// <summary>What happened.</summary>
    public string? Message { get; set; }

    /// <summary>The remedy.</summary>
    public string? Remedy { get; set; }

    /// <summary>Creates a notice from an error.</summary>
    public static HelloNotice Of(TorrentError error) => new() { Id = error.Id, Message = error.Message, Remedy = error.Remedy };

    /// <summary>The error, limited and safe to print.</summary>
    public TorrentError ToError() => new(Clean(Id) is { Length: > 0 } id ? id : TorrentErrorId.ServiceUnavailable, Clean(Message), Clean(Remedy));

    private static string Clean(string? text) => text is null ? "" : DisplayText.Clean(text.Length <= MostChars ? text : text[..MostChars]);
}
