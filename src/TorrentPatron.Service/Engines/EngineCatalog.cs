using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Engines;

/// <summary>
/// The available engines: the built-in one, and each with a folder <c>engines/&lt;name&gt;</c> that contains
/// <c>TorrentPatron.&lt;name&gt;.dll</c> and its dependencies. Thread-safe.
/// </summary>
/// <remarks>An engine is loaded on first use, once in a process, isolated from the dependencies of others.</remarks>
public sealed class EngineCatalog
{
    private const string FolderName = "engines";

    private static readonly ConcurrentDictionary<string, Lazy<ITorrentEngine>> Loaded = new(StringComparer.Ordinal);

    private readonly string _folder;

    /// <summary>Creates a catalog of the engines in a folder.</summary>
    /// <param name="folder">Its path; it need not exist.</param>
    public EngineCatalog(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = Path.GetFullPath(folder);
    }

    /// <summary>The engines beside this assembly: those of the module or of the program.</summary>
    public static EngineCatalog Installed { get; } = new(Path.Combine(OwnFolder(), FolderName));

    /// <summary>The names of the engines, the built-in one first.</summary>
    public IReadOnlyList<string> Names =>
        [BuiltInEngine.EngineName, .. Folders().Select(folder => Path.GetFileName(folder)).Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Finds an engine, and loads it on first use.</summary>
    /// <param name="name">Its name, in upper or lower case.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.EngineNotFound"/>: it is not installed, or cannot be loaded.</exception>
    public ITorrentEngine Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (IsSame(name, BuiltInEngine.EngineName))
            return new BuiltInEngine();

        // The name is compared with existing folders and never becomes part of a path.
        string? folder = Folders().FirstOrDefault(folder => IsSame(name, Path.GetFileName(folder)));
        if (folder is null)
            throw new TorrentException(NotInstalled(name));
        if (!EngineLoadContext.IsSupported)
            throw new TorrentException(NotSupported(name));
        try
        {
            return Loaded.GetOrAdd(AssemblyPath(folder), static path => Later(path)).Value;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new TorrentException(NotLoadable(name, fault), fault);
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only where engines can be loaded.")]
    private static Lazy<ITorrentEngine> Later(string path) => new(() => EngineLoadContext.Load(path));

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "An assembly in a single file has no location: then it is the program's folder.")]
    private static string OwnFolder() => typeof(EngineCatalog).Assembly.Location is { Length: > 0 } location
        ? Path.GetDirectoryName(location)!
        : AppContext.BaseDirectory;

    private static bool IsSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static string AssemblyPath(string folder) => Path.Combine(folder, $"TorrentPatron.{Path.GetFileName(folder)}.dll");

    private IEnumerable<string> Folders()
    {
        try
        {
            return Directory.Exists(_folder) ? Directory.GetDirectories(_folder).Where(folder => File.Exists(AssemblyPath(folder))) : [];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private TorrentError NotInstalled(string name) => new(
        TorrentErrorId.EngineNotFound,
        $"The engine '{DisplayText.Clean(name)}' is not installed. Available: {string.Join(", ", Names)}.",
        "Omit the engine to use the built-in one, or build with the other engine: "
        + "'./build.ps1 -WithMonoTorrent' or 'dotnet build -p:WithMonoTorrent=true' for MonoTorrent.");

    private static TorrentError NotSupported(string name) => new(
        TorrentErrorId.EngineNotFound,
        $"The engine '{DisplayText.Clean(name)}' cannot be loaded: this program was compiled ahead of time, with only the built-in engine.",
        "Omit the engine, or use the program that 'dotnet build -p:WithMonoTorrent=true' makes.");

    private static TorrentError NotLoadable(string name, Exception fault) => new(
        TorrentErrorId.EngineNotFound,
        $"The engine '{DisplayText.Clean(name)}' is installed but cannot be loaded: {DisplayText.Clean(fault.GetBaseException().Message)}",
        "Rebuild it together with everything else, so that the versions match, or omit the engine.");
}
