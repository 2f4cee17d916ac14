using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Engines;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.Engines;

/// <summary>Engines are found by name, and a missing engine is an error with a remedy.</summary>
public sealed class EngineCatalogTests
{
    [Fact]
    public void The_built_in_engine_is_found_in_upper_and_lower_case()
    {
        using var temp = new TempFolder();
        var catalog = new EngineCatalog(temp["engines"]);

        Assert.Equal([BuiltInEngine.EngineName], catalog.Names);
        Assert.IsType<BuiltInEngine>(catalog.Find("torrentpatron"));
        Assert.Equal(BuiltInEngine.EngineName, new ServiceSettings().Engine);
    }

    [Theory]
    [InlineData("MonoTorrent")]
    [InlineData("../engines/Scripted")]
    [InlineData("")]
    public void An_engine_that_is_not_installed_is_an_error_with_a_remedy(string name)
    {
        using var temp = new TempFolder();

        TorrentError error = Assert.Throws<TorrentException>(() => new EngineCatalog(Install(temp)).Find(name)).Error;

        Assert.Equal(TorrentErrorId.EngineNotFound, error.Id);
        Assert.Contains("TorrentPatron, Scripted", error.Message, StringComparison.Ordinal);
        Assert.Contains("-WithMonoTorrent", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_installed_engine_is_loaded_once_in_its_own_load_context_and_shares_the_hosts_interface()
    {
        using var temp = new TempFolder();
        var catalog = new EngineCatalog(Install(temp));

        ITorrentEngine engine = catalog.Find("scripted");

        Assert.Equal([BuiltInEngine.EngineName, "Scripted"], catalog.Names);
        Assert.Equal("Scripted", engine.Name);
        Assert.NotSame(typeof(ScriptedEngine).Assembly, engine.GetType().Assembly);
        Assert.Same(engine, catalog.Find("Scripted"));
    }

    [Fact]
    public void An_engine_that_cannot_be_loaded_is_an_error_not_a_crash()
    {
        using var temp = new TempFolder();
        Directory.CreateDirectory(temp["engines", "Broken"]);
        File.WriteAllText(temp["engines", "Broken", "TorrentPatron.Broken.dll"], "no assembly");

        TorrentError error = Assert.Throws<TorrentException>(() => new EngineCatalog(temp["engines"]).Find("Broken")).Error;

        Assert.Equal(TorrentErrorId.EngineNotFound, error.Id);
    }

    /// <summary>Installs this assembly as an engine.</summary>
    /// <returns>The folder of the engines.</returns>
    private static string Install(TempFolder temp)
    {
        Directory.CreateDirectory(temp["engines", "Scripted"]);
        Directory.CreateDirectory(temp["engines", "Empty"]);
        File.Copy(typeof(ScriptedEngine).Assembly.Location, temp["engines", "Scripted", "TorrentPatron.Scripted.dll"]);
        return temp["engines"];
    }
}
