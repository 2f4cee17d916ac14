namespace TorrentPatron.Engine.Client;

/// <summary>
/// An engine that can be selected by name. A plug-in assembly <c>TorrentPatron.&lt;name&gt;</c> has one public implementation
/// with a parameterless constructor.
/// </summary>
public interface ITorrentEngine
{
    /// <summary>The name that selects the engine; also the <see cref="ITorrentClient.Name"/> of its clients.</summary>
    string Name { get; }

    /// <summary>Creates a client, which starts listening. A process may contain any number.</summary>
    /// <param name="settings">The client's settings.</param>
    ITorrentClient CreateClient(ClientSettings settings);
}
