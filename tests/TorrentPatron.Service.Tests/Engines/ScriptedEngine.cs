using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Engines;

/// <summary>A minimal plugin engine.</summary>
public sealed class ScriptedEngine : ITorrentEngine
{
    public string Name => "Scripted";

    public ITorrentClient CreateClient(ClientSettings settings) => new ScriptedClient();
}
