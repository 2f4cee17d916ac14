namespace TorrentPatron.Remote.Contract;

#pragma warning disable SA1402, SA1649 // Small types that belong together.

/// <summary>Creates a patron of this connection.</summary>
internal sealed class AttachDto
{
    /// <summary>Its id, a GUID of the client's; omitted, the service creates one.</summary>
    public Guid? Patron { get; set; }

    /// <summary>Its name; omitted, a part of its id.</summary>
    public string? Name { get; set; }
}

/// <summary>Transfers torrents that only the service itself owns to a patron.</summary>
internal sealed class AdoptDto
{
    /// <summary>Maximum number of torrents in one request.</summary>
    public const int MostTorrents = 10_000;

    public Guid? Patron { get; set; }

    /// <summary>Info hashes.</summary>
    public string[]? Torrents { get; set; }
}

/// <summary>The torrents that the patron now owns.</summary>
internal sealed class AdoptedDto
{
    public string[]? Torrents { get; set; }
}

/// <summary>A patron on the wire.</summary>
internal sealed class PatronDto
{
    public Guid Patron { get; set; }

    public string? Name { get; set; }

    /// <summary>Number of torrents that it owns.</summary>
    public int Torrents { get; set; }
}

/// <summary>The patrons of the service, of all clients.</summary>
internal sealed class PatronsDto
{
    public PatronDto[]? Patrons { get; set; }
}

/// <summary>The service's settings, and its engine's optional features.</summary>
internal sealed class ServiceDto
{
    public SettingsDto? Settings { get; set; }

    /// <summary>Names of the engine's optional features, separated by commas; omitted while no engine runs.</summary>
    public string? Capabilities { get; set; }

    /// <summary>The scope of the service: <c>User</c> or <c>Machine</c>.</summary>
    public string? Scope { get; set; }

    /// <summary>The client's access: <c>Read</c>, <c>Steer</c> or <c>Own</c>.</summary>
    public string? Access { get; set; }

    /// <summary>Whether the service is still restoring its saved torrents, so that some are missing yet.</summary>
    public bool IsRestoring { get; set; }
}

/// <summary>The settings that could not be changed, and the current settings.</summary>
internal sealed class AppliedDto
{
    public ErrorDto[]? Refused { get; set; }

    public SettingsDto? Settings { get; set; }
}

/// <summary>A part of a .torrent or of an IP filter on its way to the service.</summary>
internal sealed class UploadDto
{
    /// <summary>Maximum number of bytes of one upload: ten million ranges of addresses. A .torrent has its own limit.</summary>
    public const int MostBytes = 96 << 20;

    /// <summary>The name for the later start or settings to refer to; at most 64 characters.</summary>
    public string? Upload { get; set; }

    /// <summary>The next bytes, in base64.</summary>
    public byte[]? Data { get; set; }
}

/// <summary>A query about one torrent, or for a part of all.</summary>
internal sealed class QueryDto
{
    /// <summary>The torrent; omitted for all, if the method allows that.</summary>
    public string? InfoHash { get; set; }

    /// <summary>The index of the first item in a list, from 0.</summary>
    public int Offset { get; set; }
}

/// <summary>A part of the torrents whose state is saved.</summary>
internal sealed class SavedListDto
{
    public SavedDto[]? Torrents { get; set; }

    /// <summary>Total number of torrents.</summary>
    public int Total { get; set; }
}

/// <summary>A part of a torrent's files.</summary>
internal sealed class FilesDto
{
    public FileDto[]? Files { get; set; }

    /// <summary>Total number of files.</summary>
    public int Total { get; set; }
}

/// <summary>A torrent's connected peers.</summary>
internal sealed class PeersDto
{
    public PeerDto[]? Peers { get; set; }
}

/// <summary>The peers of a torrent that have left.</summary>
internal sealed class ClosedPeersDto
{
    public ClosedPeerDto[]? Peers { get; set; }
}

/// <summary>The engine's status; omitted while none runs.</summary>
internal sealed class EngineDto
{
    public ClientStatusDto? Status { get; set; }
}

/// <summary>The latest statuses of torrents that have changed or no longer run, or a part of all torrents for a query.</summary>
internal sealed class StatusesDto
{
    /// <summary>Whether no torrent that was reported before runs any more.</summary>
    public bool IsReset { get; set; }

    /// <summary>The last statuses of torrents that no longer run; to be processed before the changed ones.</summary>
    public StatusDto[]? Gone { get; set; }

    /// <summary>The torrents that have changed; new ones in the order of their start.</summary>
    public StatusDto[]? Changed { get; set; }

    /// <summary>The service, if its settings have changed.</summary>
    public ServiceDto? Service { get; set; }

    /// <summary>Total number of torrents, for a query.</summary>
    public int Total { get; set; }
}
