namespace TorrentPatron.Engine.Client;

/// <summary>
/// An engine that can be chosen by its name. What plugs in has one public class of this kind, with a constructor without
/// parameters, in the assembly <c>TorrentPatron.&lt;name&gt;</c>.
/// </summary>
public interface ITorrentEngine
{
    /// <summary>What it is chosen by; also the <see cref="ITorrentClient.Name"/> of its clients.</summary>
    string Name { get; }

    /// <summary>Makes a client, which begins to listen. Any number may live in one process.</summary>
    /// <param name="settings">What it is made with.</param>
    ITorrentClient CreateClient(ClientSettings settings);
}
