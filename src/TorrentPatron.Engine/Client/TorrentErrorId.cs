namespace TorrentPatron.Engine.Client;

/// <summary>The stable error ids; they never change once released.</summary>
public static class TorrentErrorId
{
    /// <summary>The input is not a valid torrent.</summary>
    public const string InvalidTorrent = nameof(InvalidTorrent);

    /// <summary>This version does not support the kind of source.</summary>
    public const string UnsupportedSource = nameof(UnsupportedSource);

    /// <summary>The source (a file, an address) cannot be read.</summary>
    public const string SourceNotReadable = nameof(SourceNotReadable);

    /// <summary>The torrent is not running here.</summary>
    public const string TorrentNotFound = nameof(TorrentNotFound);

    /// <summary>Another process or service is running the torrent with the same saved state.</summary>
    public const string TorrentInUse = nameof(TorrentInUse);

    /// <summary>The disk has less free space than the torrent needs.</summary>
    public const string InsufficientDiskSpace = nameof(InsufficientDiskSpace);

    /// <summary>The destination cannot be created or written.</summary>
    public const string DestinationNotWritable = nameof(DestinationNotWritable);

    /// <summary>The destination is outside the folders that the service may write to.</summary>
    public const string DestinationNotAllowed = nameof(DestinationNotAllowed);

    /// <summary>Another torrent has a file at the same path.</summary>
    public const string PathInUse = nameof(PathInUse);

    /// <summary>A file that is not the torrent's is at one of its paths.</summary>
    public const string ForeignFile = nameof(ForeignFile);

    /// <summary>A torrent that may only seed has missing or wrong data.</summary>
    public const string DataIncomplete = nameof(DataIncomplete);

    /// <summary>A file of the torrent could not be read.</summary>
    public const string DiskReadFailed = nameof(DiskReadFailed);

    /// <summary>A file of the torrent could not be written.</summary>
    public const string DiskWriteFailed = nameof(DiskWriteFailed);

    /// <summary>Another program has locked a file of the torrent.</summary>
    public const string FileInUse = nameof(FileInUse);

    /// <summary>Saved state was damaged and has been moved aside.</summary>
    public const string StateDamaged = nameof(StateDamaged);

    /// <summary>Saved state cannot be written.</summary>
    public const string StateNotWritable = nameof(StateNotWritable);

    /// <summary>A tracker failed or could not be reached.</summary>
    public const string TrackerFailed = nameof(TrackerFailed);

    /// <summary>The port to listen on is not available.</summary>
    public const string ListenFailed = nameof(ListenFailed);

    /// <summary>The network interface or address that all traffic is bound to is missing, so nothing is sent.</summary>
    public const string NetworkDown = nameof(NetworkDown);

    /// <summary>The system cannot bind sockets to a network interface; they are bound only to its address.</summary>
    public const string InterfaceNotBound = nameof(InterfaceNotBound);

    /// <summary>The proxy cannot be reached, or does not answer like a proxy.</summary>
    public const string ProxyUnreachable = nameof(ProxyUnreachable);

    /// <summary>The proxy requires a user and password, or refuses those given.</summary>
    public const string ProxyCredentialRefused = nameof(ProxyCredentialRefused);

    /// <summary>The proxy refuses a request, because of its rules or because it does not support it.</summary>
    public const string ProxyRefused = nameof(ProxyRefused);

    /// <summary>The proxy cannot reach a host, or cannot resolve its name.</summary>
    public const string ProxyHostUnreachable = nameof(ProxyHostUnreachable);

    /// <summary>An IP filter file cannot be read, or contains no address range.</summary>
    public const string FilterNotReadable = nameof(FilterNotReadable);

    /// <summary>Some lines of the IP filter are invalid and were skipped.</summary>
    public const string FilterDamaged = nameof(FilterDamaged);

    /// <summary>The engine, the service or the patron has been stopped.</summary>
    public const string PatronStopped = nameof(PatronStopped);

    /// <summary>The time limit has passed.</summary>
    public const string TimeoutReached = nameof(TimeoutReached);

    /// <summary>No data has arrived within the given time.</summary>
    public const string TorrentStalled = nameof(TorrentStalled);

    /// <summary>The torrent's metadata did not arrive within the given time.</summary>
    public const string MetadataTimeout = nameof(MetadataTimeout);

    /// <summary>The torrent's metadata has not arrived yet.</summary>
    public const string MetadataMissing = nameof(MetadataMissing);

    /// <summary>No engine of that name is installed, or it could not be loaded.</summary>
    public const string EngineNotFound = nameof(EngineNotFound);

    /// <summary>The engine does not support the operation.</summary>
    public const string NotSupported = nameof(NotSupported);

    /// <summary>The torrent's files could not be moved and are still at the old place.</summary>
    public const string MoveFailed = nameof(MoveFailed);

    /// <summary>The selection contains no file.</summary>
    public const string NothingSelected = nameof(NothingSelected);

    /// <summary>The torrent is not active: it is suspended, being checked or moved, or has failed.</summary>
    public const string TorrentNotActive = nameof(TorrentNotActive);

    /// <summary>Another command ended a check before it was complete.</summary>
    public const string CheckInterrupted = nameof(CheckInterrupted);

    /// <summary>A file was kept when a torrent's data was deleted.</summary>
    public const string DataKept = nameof(DataKept);

    /// <summary>The request does not apply to private torrents.</summary>
    public const string PrivateTorrent = nameof(PrivateTorrent);

    /// <summary>A web seed sent corrupt data and is not used any more.</summary>
    public const string WebSeedBanned = nameof(WebSeedBanned);

    /// <summary>An argument is invalid, for example a tracker's address.</summary>
    public const string InvalidArgument = nameof(InvalidArgument);

    /// <summary>The torrent has no file of that name.</summary>
    public const string FileNotFound = nameof(FileNotFound);

    /// <summary>The torrent's files are in a different folder than the one given.</summary>
    public const string DestinationDiffers = nameof(DestinationDiffers);

    /// <summary>The command requires a torrent that is not running.</summary>
    public const string TorrentRuns = nameof(TorrentRuns);

    /// <summary>The service process cannot be reached, or has ended.</summary>
    public const string ServiceUnavailable = nameof(ServiceUnavailable);

    /// <summary>A service is already running in the same place.</summary>
    public const string ServiceRunning = nameof(ServiceRunning);

    /// <summary>The versions of the service and its client are incompatible.</summary>
    public const string ServiceVersionMismatch = nameof(ServiceVersionMismatch);

    /// <summary>The service belongs to another user, or this user may not access it.</summary>
    public const string ServiceAccessDenied = nameof(ServiceAccessDenied);

    /// <summary>Others could change the folder of the service's socket, or it cannot be created.</summary>
    public const string ServiceFolderUnsafe = nameof(ServiceFolderUnsafe);

    /// <summary>No hook of that name is registered.</summary>
    public const string HookNotFound = nameof(HookNotFound);

    /// <summary>A hook's script could not be run.</summary>
    public const string HookNotRun = nameof(HookNotRun);

    /// <summary>A warning: a link was not created, or a file's attributes could not be set.</summary>
    public const string AttributeNotSet = nameof(AttributeNotSet);

    /// <summary>An internal error that fits no other id.</summary>
    public const string Unexpected = nameof(Unexpected);
}
