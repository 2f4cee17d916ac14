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

/// <summary>The folder of the saved state of torrents: one sub-folder for each torrent, named by its info hash.</summary>
/// <remarks>
/// A sub-folder contains <c>metainfo.torrent</c> (or <c>magnet</c> while only a link is known), <c>resume</c>, <c>journal</c> during a
/// download, <c>claim</c>, which says who runs the torrent, and <c>stopped</c>, an empty file, if a client of a shared service has stopped
/// it. Beside the sub-folders are <c>paths</c>, with the paths of the torrents' files (<see cref="SavedPaths"/>), and <c>hybrids</c>, with
/// the other hashes of hybrids (<see cref="SavedHybrids"/>). On Unix only the user can read the folder.
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
    private readonly SavedHybrids _hybrids;

    /// <summary>Names the folder, which is created when the first torrent needs it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="time">The clock; null means the system's.</param>
    public StateFolder(string path, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FolderPath = Path.GetFullPath(path);
        _time = time ?? TimeProvider.System;
        _holder = new StateHolder(FolderPath);
        _paths = new SavedPaths(FolderPath, _holder);
        _hybrids = new SavedHybrids(FolderPath);
    }

    /// <summary>The environment variable with the default folder.</summary>
    private const string Variable = "TORRENTPATRON_STATE";

    /// <summary>
    /// The value of <c>TORRENTPATRON_STATE</c>, where a relative path starts at the process' current folder; without it <c>TorrentPatron</c> in the
    /// platform's folder for a user's state: <c>$XDG_STATE_HOME</c> or <c>~/.local/state</c>, <c>%LOCALAPPDATA%</c>,
    /// <c>~/Library/Application Support</c>.
    /// </summary>
    public static string DefaultPath => DefaultPathIn(() => Environment.CurrentDirectory);

    /// <summary>As <see cref="DefaultPath"/>, but a relative path starts at a given folder. A leading <c>~</c> is the user's home.</summary>
    /// <param name="currentFolder">Returns that folder; called only if needed.</param>
    public static string DefaultPathIn(Func<string> currentFolder)
    {
        ArgumentNullException.ThrowIfNull(currentFolder);
        return PathOf(Environment.GetEnvironmentVariable(Variable), currentFolder);
    }

    /// <summary>
    /// The default state folder of the machine's service: the value of <c>TORRENTPATRON_STATE</c>, otherwise <c>/var/lib/torrentpatron</c>,
    /// <c>/Library/Application Support/TorrentPatron</c> or <c>%ProgramData%\TorrentPatron</c>.
    /// </summary>
    public static string MachinePath => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) ? DefaultPath
        : OperatingSystem.IsWindows() ? Path.Combine(FolderOf(Environment.SpecialFolder.CommonApplicationData), "TorrentPatron")
        : OperatingSystem.IsMacOS() ? "/Library/Application Support/TorrentPatron"
        : "/var/lib/torrentpatron";

    /// <summary>The folder for a value of the variable; null if it is not set.</summary>
    internal static string PathOf(string? path, Func<string> currentFolder)
    {
        if (string.IsNullOrEmpty(path))
            return Path.Combine(UserStatePath(), "TorrentPatron");
        if (path is "~" or ['~', '/', ..] || path.StartsWith($"~{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            return Path.GetFullPath(Path.Join(FolderOf(Environment.SpecialFolder.UserProfile), path[1..]));
        return Path.IsPathFullyQualified(path) ? Path.GetFullPath(path) : Path.GetFullPath(path, currentFolder());
    }

    /// <summary>Whether a new torrent may reuse data of saved torrents in a destination.</summary>
    internal Predicate<string> MayReuse
    {
        set => _paths.MayRead = value;
    }

    /// <summary>Full path of the folder.</summary>
    public string FolderPath { get; }

    /// <summary>Opens and claims a torrent's state, to run the torrent.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.TorrentInUse"/> or <see cref="TorrentErrorId.StateNotWritable"/>.
    /// </exception>
    public ResumeStore Open(TorrentMetainfo metainfo) => Open(metainfo, isRead: false);

    /// <inheritdoc cref="Open(TorrentMetainfo)"/>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="isRead">Whether it was read from this folder: if it is still there, it is neither compared nor written again.</param>
    /// <param name="known">The last read content of the resume file; null if unknown.</param>
    internal ResumeStore Open(TorrentMetainfo metainfo, bool isRead, ReadResume? known = null)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return Open(metainfo.TorrentId, metainfo, isRead, known);
    }

    /// <inheritdoc cref="Open(TorrentMetainfo, bool, ReadResume)"/>
    /// <param name="torrent">The id with which it is saved: a link may have named only one hash of a hybrid.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="isRead">Whether it was read from this folder.</param>
    /// <param name="known">The last read content of the resume file; null if unknown.</param>
    internal ResumeStore Open(TorrentId torrent, TorrentMetainfo metainfo, bool isRead, ReadResume? known) =>
        Open(torrent, folder => ResumeStore.Open(folder, torrent, metainfo, isRead, known, _holder, _paths, _time));

    /// <summary>The id with which a torrent is saved: a hybrid may have been started by its other hash.</summary>
    /// <param name="torrent">The id with all hashes that the caller knows.</param>
    /// <returns>The id; the given one if the torrent is not saved.</returns>
    internal TorrentId FindSame(TorrentId torrent)
    {
        if (OriginOf(torrent).Exists)
            return torrent;
        if (torrent is { V1: not null, V2: { } v2 } && new TorrentId(v2) is var second && OriginOf(second).Exists)
            return second;
        return _hybrids.Find(torrent) ?? torrent;
    }

    /// <summary>Opens and claims the state of a torrent of which only a link is known, to run the torrent.</summary>
    /// <param name="magnet">The link.</param>
    /// <inheritdoc cref="Open(TorrentMetainfo)" path="/exception"/>
    public ResumeStore Open(MagnetLink magnet)
    {
        ArgumentNullException.ThrowIfNull(magnet);
        return Open(magnet.TorrentId, magnet);
    }

    /// <inheritdoc cref="Open(MagnetLink)"/>
    /// <param name="torrent">The id with which it is saved.</param>
    /// <param name="magnet">The link.</param>
    internal ResumeStore Open(TorrentId torrent, MagnetLink magnet) =>
        Open(torrent, folder => ResumeStore.Open(folder, torrent, magnet, _holder, _paths, _time));

    /// <summary>The saved metainfo of a torrent: a start from a link need not fetch it again.</summary>
    /// <param name="torrent">Which torrent: for a hybrid, either of its hashes.</param>
    /// <returns>The metainfo; null if none is saved or it cannot be read.</returns>
    public TorrentMetainfo? ReadMetainfo(TorrentId torrent) => OriginOf(FindSame(torrent)).ReadMetainfo();

    /// <summary>Whether a source is the metainfo of a torrent in this folder.</summary>
    /// <param name="source">The source.</param>
    internal bool IsMetainfo(TorrentSource source) =>
        source.Saved is { } torrent && source.FilePath == OriginOf(torrent).MetainfoPath;

    /// <summary>The saved magnet link of a torrent whose metainfo is unknown.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The link; null if none is saved or it cannot be read.</returns>
    internal MagnetLink? ReadMagnet(TorrentId torrent) => OriginOf(torrent).ReadMagnet();

    /// <summary>Deletes the saved state of a torrent.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.TorrentInUse"/>.</exception>
    internal void Forget(TorrentId torrent)
    {
        TorrentClaim claim = TorrentClaim.Take(FolderOf(torrent), torrent, _holder);
        _hybrids.Forget(torrent, OriginOf(torrent).KnownId);
        claim.Discard();
    }

    /// <summary>Whether a client has stopped the torrent: a shared service then does not restart it automatically.</summary>
    /// <param name="torrent">Which torrent.</param>
    internal bool IsStopped(TorrentId torrent) => File.Exists(Path.Combine(FolderOf(torrent), StoppedName));

    /// <summary>Notes whether a client has stopped a saved torrent. Does nothing for a torrent that is not saved.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="isStopped">Whether a client has stopped it.</param>
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

    /// <summary>A torrent whose state is saved, running or not; null if it is not saved.</summary>
    /// <param name="torrent">Which torrent: for a hybrid, either of its hashes.</param>
    public SavedTorrent? Find(TorrentId torrent) => Read(torrent) ?? (FindSame(torrent) is var same && same != torrent ? Read(same) : null);

    /// <summary>The torrents whose state is saved, running or not, in the order of their info hashes.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<SavedTorrent> Enumerate() => [.. List().Select(Read).OfType<SavedTorrent>()];

    /// <summary>The torrents with a folder, in the order of their info hashes; <see cref="Find"/> tells whether their state is in it.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    internal IReadOnlyList<TorrentId> List()
    {
        if (!Directory.Exists(FolderPath))
            return [];

        var found = new List<TorrentId>();
        foreach (string name in Directory.EnumerateDirectories(FolderPath).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal))
        {
            // Only this spelling: a torrent's folder is found by its id.
            if (TorrentId.TryParse(name, out TorrentId torrent) && torrent.ToString() == name)
                found.Add(torrent);
        }

        return found;
    }

    private SavedTorrent? Read(TorrentId torrent)
    {
        SavedOrigin origin = OriginOf(torrent);
        MagnetLink? magnet = null;
        if (!origin.HasMetainfo && (magnet = origin.ReadMagnet()) is null)
            return null;
        ReadResume? read = ResumeStore.TryRead(FolderOf(torrent), torrent);
        return new SavedTorrent(torrent, origin.MetainfoPath, read?.Saved.Data) { Magnet = magnet, Read = read };
    }

    private SavedOrigin OriginOf(TorrentId torrent) => new(FolderOf(torrent), torrent);

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
                    fault is WorldWritableException
                        ? "Use a folder inside it, which TorrentPatron creates for you alone, or remove the write permission of other users: chmod o-w."
                        : "Choose a state folder that this user can write to, on a disk with free space."),
                fault);
        }
    }

    /// <summary>The time as it appears in the names of files that were set aside.</summary>
    internal static string Stamp(TimeProvider time) =>
        WallTime.Now(time).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string UserStatePath()
    {
        if (OperatingSystem.IsWindows())
            return FolderOf(Environment.SpecialFolder.LocalApplicationData);
        string home = FolderOf(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS())
            return Path.Combine(home, "Library", "Application Support");

        // The XDG rules: relative paths in this variable are ignored.
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return state is not null && Path.IsPathFullyQualified(state) ? state : Path.Combine(home, ".local", "state");
    }

    private static string FolderOf(Environment.SpecialFolder folder) =>
        Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);
}
