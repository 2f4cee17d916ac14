using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Engines;

/// <summary>What a plugged-in engine looks like.</summary>
public sealed class ScriptedEngine : ITorrentEngine
{
    public string Name => "Scripted";

    public ITorrentClient CreateClient(ClientSettings settings) => new ScriptedClient();
}
