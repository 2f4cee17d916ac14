namespace TorrentPatron.Engine.Client;

/// <summary>The stable ids of everything that can go wrong; they never change once released.</summary>
public static class TorrentErrorId
{
    /// <summary>The input is no usable .torrent.</summary>
    public const string InvalidTorrent = nameof(InvalidTorrent);

    /// <summary>The source is of a kind this version cannot start from.</summary>
    public const string UnsupportedSource = nameof(UnsupportedSource);

    /// <summary>The source (a file, an address) cannot be read.</summary>
    public const string SourceNotReadable = nameof(SourceNotReadable);

    /// <summary>No such torrent here.</summary>
    public const string TorrentNotFound = nameof(TorrentNotFound);

    /// <summary>Another process or service runs the torrent with the same saved state.</summary>
    public const string TorrentInUse = nameof(TorrentInUse);

    /// <summary>Less room than the torrent needs.</summary>
    public const string InsufficientDiskSpace = nameof(InsufficientDiskSpace);

    /// <summary>The destination cannot be made or written.</summary>
    public const string DestinationNotWritable = nameof(DestinationNotWritable);

    /// <summary>The destination is not below a folder that the service may write to.</summary>
    public const string DestinationNotAllowed = nameof(DestinationNotAllowed);

    /// <summary>Another torrent has a file at the same path.</summary>
    public const string PathInUse = nameof(PathInUse);

    /// <summary>A file of another origin is at the path of one of the torrent's.</summary>
    public const string ForeignFile = nameof(ForeignFile);

    /// <summary>What is to be seeded is not there, or not as it should be, and may not be downloaded.</summary>
    public const string DataIncomplete = nameof(DataIncomplete);

    /// <summary>A file of the torrent could not be read.</summary>
    public const string DiskReadFailed = nameof(DiskReadFailed);

    /// <summary>A file of the torrent could not be written.</summary>
    public const string DiskWriteFailed = nameof(DiskWriteFailed);

    /// <summary>Another program holds a file of the torrent, so that it cannot be opened.</summary>
    public const string FileInUse = nameof(FileInUse);

    /// <summary>Saved state was damaged and has been set aside.</summary>
    public const string StateDamaged = nameof(StateDamaged);

    /// <summary>Saved state cannot be written.</summary>
    public const string StateNotWritable = nameof(StateNotWritable);

    /// <summary>A tracker failed or could not be reached.</summary>
    public const string TrackerFailed = nameof(TrackerFailed);

    /// <summary>The port to listen on cannot be had.</summary>
    public const string ListenFailed = nameof(ListenFailed);

    /// <summary>The network interface or address that all traffic is bound to is not there, so nothing is sent.</summary>
    public const string NetworkDown = nameof(NetworkDown);

    /// <summary>The system does not bind sockets to a network interface: they are bound to its address only.</summary>
    public const string InterfaceNotBound = nameof(InterfaceNotBound);

    /// <summary>The proxy cannot be reached, or does not answer as one.</summary>
    public const string ProxyUnreachable = nameof(ProxyUnreachable);

    /// <summary>The proxy wants a user and a password, or refuses those that it was given.</summary>
    public const string ProxyCredentialRefused = nameof(ProxyCredentialRefused);

    /// <summary>The proxy refuses what it was asked for: by its rules, or since it cannot do that.</summary>
    public const string ProxyRefused = nameof(ProxyRefused);

    /// <summary>The proxy does not reach a host, or knows no host of that name.</summary>
    public const string ProxyHostUnreachable = nameof(ProxyHostUnreachable);

    /// <summary>A file of the IP filter cannot be read, or has no range of addresses in it.</summary>
    public const string FilterNotReadable = nameof(FilterNotReadable);

    /// <summary>Some lines of the IP filter cannot be understood; they are left out.</summary>
    public const string FilterDamaged = nameof(FilterDamaged);

    /// <summary>The engine, the service or the patron has been stopped.</summary>
    public const string PatronStopped = nameof(PatronStopped);

    /// <summary>The time given has passed.</summary>
    public const string TimeoutReached = nameof(TimeoutReached);

    /// <summary>Nothing has come in for the time given.</summary>
    public const string TorrentStalled = nameof(TorrentStalled);

    /// <summary>The torrent's metadata did not come within the time given.</summary>
    public const string MetadataTimeout = nameof(MetadataTimeout);

    /// <summary>What is in the torrent is not known yet.</summary>
    public const string MetadataMissing = nameof(MetadataMissing);

    /// <summary>No engine of that name is installed, or it cannot be loaded.</summary>
    public const string EngineNotFound = nameof(EngineNotFound);

    /// <summary>The engine cannot do that.</summary>
    public const string NotSupported = nameof(NotSupported);

    /// <summary>The torrent's files could not be moved; they are where they were.</summary>
    public const string MoveFailed = nameof(MoveFailed);

    /// <summary>The choice of files leaves none to fetch.</summary>
    public const string NothingSelected = nameof(NothingSelected);

    /// <summary>The torrent is known but does not run just now: it is suspended, being checked or moved, or has failed.</summary>
    public const string TorrentNotActive = nameof(TorrentNotActive);

    /// <summary>A check was ended by another command before it was over.</summary>
    public const string CheckInterrupted = nameof(CheckInterrupted);

    /// <summary>A file was left where a torrent's data were deleted.</summary>
    public const string DataKept = nameof(DataKept);

    /// <summary>What was asked for is not done for a private torrent.</summary>
    public const string PrivateTorrent = nameof(PrivateTorrent);

    /// <summary>A web seed has sent wrong data and is not asked any more.</summary>
    public const string WebSeedBanned = nameof(WebSeedBanned);

    /// <summary>What was given makes no sense: a tracker's address, for one.</summary>
    public const string InvalidArgument = nameof(InvalidArgument);

    /// <summary>No file of that name in the torrent.</summary>
    public const string FileNotFound = nameof(FileNotFound);

    /// <summary>The torrent's files lie in another folder than the one that was given.</summary>
    public const string DestinationDiffers = nameof(DestinationDiffers);

    /// <summary>The command only works on a torrent that does not run yet.</summary>
    public const string TorrentRuns = nameof(TorrentRuns);

    /// <summary>The service that runs in a process of its own cannot be reached, or has gone.</summary>
    public const string ServiceUnavailable = nameof(ServiceUnavailable);

    /// <summary>A service runs already in the same place.</summary>
    public const string ServiceRunning = nameof(ServiceRunning);

    /// <summary>The service and its client are of versions that do not understand each other.</summary>
    public const string ServiceVersionMismatch = nameof(ServiceVersionMismatch);

    /// <summary>The service is another user's, or this user may not reach it.</summary>
    public const string ServiceAccessDenied = nameof(ServiceAccessDenied);

    /// <summary>The folder of the service's socket could be changed by others, or cannot be made.</summary>
    public const string ServiceFolderUnsafe = nameof(ServiceFolderUnsafe);

    /// <summary>No hook of that name is registered.</summary>
    public const string HookNotFound = nameof(HookNotFound);

    /// <summary>The script of a hook could not be run.</summary>
    public const string HookNotRun = nameof(HookNotRun);

    /// <summary>A link of the torrent was not made, or a file did not get what the torrent says of it: a warning.</summary>
    public const string AttributeNotSet = nameof(AttributeNotSet);

    /// <summary>An error of ours: nothing else fits.</summary>
    public const string Unexpected = nameof(Unexpected);
}
