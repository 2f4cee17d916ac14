using System.Globalization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Service.State;

/// <summary>The folder in which torrents' state is saved: one sub-folder a torrent, named by its info hash.</summary>
/// <remarks>
/// In it are <c>metainfo.torrent</c> (or <c>magnet</c>, as long as only a link is known), <c>resume</c>, <c>journal</c> while pieces come in, and <c>claim</c>, which says who
/// runs the torrent; and <c>stopped</c>, empty, where a client of a shared service has stopped it. Beside the sub-folders lies <c>paths</c>: where each torrent has its files (<see cref="SavedPaths"/>). On Unix only the user may look inside.
/// </remarks>
public sealed class StateFolder : ISavedState
{
    internal const string MetainfoName = "metainfo.torrent";
    internal const string MagnetName = "magnet";
    internal const string ResumeName = "resume";
    private const string StoppedName = "stopped";

    private readonly TimeProvider _time;
    private readonly StateHolder _holder;
    private readonly SavedPaths _paths;

    /// <summary>Names the folder; it is made when the first torrent needs it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="time">The clock; by default the system's.</param>
    public StateFolder(string path, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FolderPath = Path.GetFullPath(path);
        _time = time ?? TimeProvider.System;
        _holder = new StateHolder(FolderPath);
        _paths = new SavedPaths(FolderPath, _holder);
    }

    /// <summary>The environment variable that says where the state is saved where nothing else does.</summary>
    private const string Variable = "TORRENTPATRON_STATE";

    /// <summary>
    /// What <c>TORRENTPATRON_STATE</c> says, a relative path below the process' current folder; without it <c>TorrentPatron</c> in the platform's place for a user's state:
    /// <c>$XDG_STATE_HOME</c> or <c>~/.local/state</c>, <c>%LOCALAPPDATA%</c>, <c>~/Library/Application Support</c>.
    /// </summary>
    public static string DefaultPath => DefaultPathIn(() => Environment.CurrentDirectory);

    /// <summary>As <see cref="DefaultPath"/>, with a relative path below another folder. A <c>~</c> at the beginning is the user's home.</summary>
    /// <param name="currentFolder">Names that folder; asked only where it is needed.</param>
    public static string DefaultPathIn(Func<string> currentFolder)
    {
        ArgumentNullException.ThrowIfNull(currentFolder);
        return PathOf(Environment.GetEnvironmentVariable(Variable), currentFolder);
    }

    /// <summary>
    /// Where the machine's service saves state where no folder is given: what <c>TORRENTPATRON_STATE</c> says, else <c>/var/lib/torrentpatron</c>,
    /// <c>/Library/Application Support/TorrentPatron</c> or <c>%ProgramData%\TorrentPatron</c>.
    /// </summary>
    public static string MachinePath => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) ? DefaultPath
        : OperatingSystem.IsWindows() ? Path.Combine(FolderOf(Environment.SpecialFolder.CommonApplicationData), "TorrentPatron")
        : OperatingSystem.IsMacOS() ? "/Library/Application Support/TorrentPatron"
        : "/var/lib/torrentpatron";

    /// <summary>The folder where the variable has a value; null: it has none.</summary>
    internal static string PathOf(string? path, Func<string> currentFolder)
    {
        if (string.IsNullOrEmpty(path))
            return Path.Combine(UserStatePath(), "TorrentPatron");
        if (path is "~" or ['~', '/', ..] || path.StartsWith($"~{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            return Path.GetFullPath(Path.Join(FolderOf(Environment.SpecialFolder.UserProfile), path[1..]));
        return Path.IsPathFullyQualified(path) ? Path.GetFullPath(path) : Path.GetFullPath(path, currentFolder());
    }

    /// <summary>Full path of the folder.</summary>
    public string FolderPath { get; }

    /// <summary>Opens a torrent's state for whoever runs the torrent, and claims it.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.TorrentInUse"/> or <see cref="TorrentErrorId.StateNotWritable"/>.
    /// </exception>
    public ResumeStore Open(TorrentMetainfo metainfo) => Open(metainfo, isRead: false);

    /// <inheritdoc cref="Open(TorrentMetainfo)"/>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="isRead">Whether it was read from this folder: as long as it is still there, it is not compared or written again.</param>
    /// <param name="known">The resume file as it was when it was last read; null: that is not known.</param>
    internal ResumeStore Open(TorrentMetainfo metainfo, bool isRead, ReadResume? known = null)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return Open(metainfo.TorrentId, metainfo, isRead, known);
    }

    /// <inheritdoc cref="Open(TorrentMetainfo, bool, ReadResume)"/>
    /// <param name="torrent">The id by which it is saved: a link may have named one hash of a hybrid only.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="isRead">Whether it was read from this folder.</param>
    /// <param name="known">The resume file as it was when it was last read; null: that is not known.</param>
    internal ResumeStore Open(TorrentId torrent, TorrentMetainfo metainfo, bool isRead, ReadResume? known) =>
        Open(torrent, folder => ResumeStore.Open(folder, torrent, metainfo, isRead, known, _holder, _paths, _time));

    /// <summary>The id by which a torrent is saved: that of the link by which it was started, where that named the v2 hash of a hybrid only.</summary>
    /// <param name="torrent">The id with all hashes that are known.</param>
    /// <returns>The id; the one that was given, where it is not saved.</returns>
    internal TorrentId FindSame(TorrentId torrent) =>
        torrent is { V1: not null, V2: { } v2 } && !Directory.Exists(FolderOf(torrent)) && new TorrentId(v2) is var second && Directory.Exists(FolderOf(second))
            ? second
            : torrent;

    /// <summary>Opens the state of a torrent of which a link is known only, for whoever runs the torrent, and claims it.</summary>
    /// <param name="magnet">The link.</param>
    /// <inheritdoc cref="Open(TorrentMetainfo)" path="/exception"/>
    public ResumeStore Open(MagnetLink magnet)
    {
        ArgumentNullException.ThrowIfNull(magnet);
        return Open(magnet.TorrentId, folder => ResumeStore.Open(folder, magnet, _holder, _paths, _time));
    }

    /// <summary>What is in a torrent, where that was saved: by a link alone it need not be fetched again.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The metainfo; null where none is saved, or none that can be read.</returns>
    public TorrentMetainfo? ReadMetainfo(TorrentId torrent) => new SavedOrigin(FolderOf(torrent)).ReadMetainfo(torrent);

    /// <summary>Whether a source is the metainfo of a torrent in this folder.</summary>
    /// <param name="source">The source.</param>
    internal bool IsMetainfo(TorrentSource source) =>
        source.Saved is { } torrent && source.FilePath == new SavedOrigin(FolderOf(torrent)).MetainfoPath;

    /// <summary>The link of a torrent, where that is all that was saved of it.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The link; null where none is saved, or none that can be read.</returns>
    internal MagnetLink? ReadMagnet(TorrentId torrent) => new SavedOrigin(FolderOf(torrent)).ReadMagnet(torrent);

    /// <summary>Deletes what is saved of a torrent, whatever it is.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.TorrentInUse"/>.</exception>
    internal void Forget(TorrentId torrent) => TorrentClaim.Take(FolderOf(torrent), torrent, _holder).Discard();

    /// <summary>Whether a client has stopped the torrent: then a shared service does not go on with it by itself.</summary>
    /// <param name="torrent">Which torrent.</param>
    internal bool IsStopped(TorrentId torrent) => File.Exists(Path.Combine(FolderOf(torrent), StoppedName));

    /// <summary>Notes whether a client has stopped the torrent. Nothing is noted of one that is not saved.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="isStopped">Whether it has.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    internal void NoteStopped(TorrentId torrent, bool isStopped)
    {
        if (IsStopped(torrent) == isStopped)
            return;
        string path = Path.Combine(FolderOf(torrent), StoppedName);
        if (!isStopped)
            StateFile.TryDelete(FolderPath, path);
        else if (Find(torrent) is not null)
            StateFile.Write(FolderPath, path, [], flush: true);
    }

    /// <summary>A torrent whose state is saved, running or not; null where it is not.</summary>
    /// <param name="torrent">Which torrent.</param>
    public SavedTorrent? Find(TorrentId torrent) => Read(FolderOf(torrent), torrent);

    /// <summary>The torrents whose state is saved, running or not, in the order of their info hashes.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<SavedTorrent> Enumerate() => [.. List().Select(Find).OfType<SavedTorrent>()];

    /// <summary>The torrents that have a folder, in the order of their info hashes; <see cref="Find"/> tells whether their state is in it.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    internal IReadOnlyList<TorrentId> List()
    {
        if (!Directory.Exists(FolderPath))
            return [];

        var found = new List<TorrentId>();
        foreach (string name in Directory.EnumerateDirectories(FolderPath).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal))
        {
            // No other spelling: the folder of a torrent is found by its id.
            if (TorrentId.TryParse(name, out TorrentId torrent) && torrent.ToString() == name)
                found.Add(torrent);
        }

        return found;
    }

    private static SavedTorrent? Read(string folder, TorrentId torrent)
    {
        var origin = new SavedOrigin(folder);
        MagnetLink? magnet = null;
        if (!File.Exists(origin.MetainfoPath) && (magnet = origin.ReadMagnet(torrent)) is null)
            return null;
        ReadResume? read = ResumeStore.TryRead(folder, torrent);
        return new SavedTorrent(torrent, origin.MetainfoPath, read?.Saved.Data) { Magnet = magnet, Read = read };
    }

    private string FolderOf(TorrentId torrent) => Path.Combine(FolderPath, torrent.ToString());

    private ResumeStore Open(TorrentId torrent, Func<string, ResumeStore> open)
    {
        try
        {
            return open(FolderOf(torrent));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TorrentException(
                new TorrentError(
                    TorrentErrorId.StateNotWritable,
                    $"The state folder '{DisplayText.Clean(FolderPath)}' cannot be written: {DisplayText.Clean(fault.Message)}",
                    fault is OpenToAllException
                        ? "Give a folder inside it, which TorrentPatron makes for you alone, or take the right to write from others: chmod o-w."
                        : "Choose a state folder that this user can write, on a disk with room."),
                fault);
        }
    }

    /// <summary>The time as it stands in the names of what was set aside.</summary>
    internal static string Stamp(TimeProvider time) =>
        WallTime.Now(time).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string UserStatePath()
    {
        if (OperatingSystem.IsWindows())
            return FolderOf(Environment.SpecialFolder.LocalApplicationData);
        string home = FolderOf(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
            return Path.Combine(home, "Library", "Application Support");

        // The XDG rules: a relative path there is to be ignored.
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return state is not null && Path.IsPathFullyQualified(state) ? state : Path.Combine(home, ".local", "state");
    }

    private static string FolderOf(Environment.SpecialFolder folder) =>
        Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);
}
