using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Engines;

/// <summary>
/// Loads an engine and its dependencies apart from the assemblies of the host and of other modules. Assemblies that the engine shares with
/// the host are the host's: otherwise its <see cref="ITorrentClient"/> would be a different type.
/// </summary>
internal sealed class EngineLoadContext : AssemblyLoadContext
{
    private static readonly Assembly[] Shared = [typeof(ITorrentClient).Assembly, typeof(TorrentId).Assembly];

    private readonly string _folder;

    private EngineLoadContext(string path)
        : base(Path.GetFileNameWithoutExtension(path)) =>
        _folder = Path.GetDirectoryName(path)!;

    /// <summary>
    /// Whether engines can be loaded. The project of an ahead-of-time compiled program turns this off, since it can load no other code.
    /// </summary>
    [FeatureSwitchDefinition("TorrentPatron.LoadsEngines")]
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
#pragma warning disable IL4000 // The switch says no wherever code is trimmed.
    public static bool IsSupported => !AppContext.TryGetSwitch("TorrentPatron.LoadsEngines", out bool isOn) || isOn;
#pragma warning restore IL4000

    /// <summary>Loads an engine.</summary>
    /// <param name="path">Full path of its assembly; its dependencies are beside it.</param>
    /// <exception cref="InvalidOperationException">It does not have exactly one public <see cref="ITorrentEngine"/>.</exception>
    [RequiresUnreferencedCode("An engine is loaded from its path.")]
    public static ITorrentEngine Load(string path)
    {
        Type[] engines = [.. new EngineLoadContext(path).LoadFromAssemblyPath(path).GetExportedTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(ITorrentEngine)))];
        return engines is [Type engine]
            ? (ITorrentEngine)Activator.CreateInstance(engine)!
            : throw new InvalidOperationException($"It has {engines.Length} engine classes instead of one.");
    }

    /// <inheritdoc/>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Called only in a context that Load has made.")]
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (Array.Find(Shared, assembly => assembly.GetName().Name == assemblyName.Name) is { } shared)
            return shared;
        string path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
