namespace TorrentPatron.Remote.Contract;

#pragma warning disable SA1402, SA1649 // Small shapes that belong together.

/// <summary>Makes a patron of this connection.</summary>
internal sealed class AttachDto
{
    /// <summary>Its id, a GUID that the client has made; left out: the service makes one.</summary>
    public Guid? Patron { get; set; }

    /// <summary>What it is called; left out: a part of its id.</summary>
    public string? Name { get; set; }
}

/// <summary>Has torrents that nobody owns but the service itself be a patron's own.</summary>
internal sealed class AdoptDto
{
    /// <summary>The most torrents in one request.</summary>
    public const int MostTorrents = 10_000;

    public Guid? Patron { get; set; }

    /// <summary>Info hashes.</summary>
    public string[]? Torrents { get; set; }
}

/// <summary>Those of them that are the patron's own now.</summary>
internal sealed class AdoptedDto
{
    public string[]? Torrents { get; set; }
}

/// <summary>A patron on the wire.</summary>
internal sealed class PatronDto
{
    public Guid Patron { get; set; }

    public string? Name { get; set; }

    /// <summary>Number of torrents that are its own.</summary>
    public int Torrents { get; set; }
}

/// <summary>The patrons of the service, all clients'.</summary>
internal sealed class PatronsDto
{
    public PatronDto[]? Patrons { get; set; }
}

/// <summary>The service as it is: its settings, and what its engine can do.</summary>
internal sealed class ServiceDto
{
    public SettingsDto? Settings { get; set; }

    /// <summary>Names of what the engine can do, separated by commas; left out: no engine runs.</summary>
    public string? Capabilities { get; set; }

    /// <summary>Whose the service is: <c>User</c> or <c>Machine</c>.</summary>
    public string? Scope { get; set; }

    /// <summary>What this client may do: <c>Read</c>, <c>Steer</c> or <c>Own</c>.</summary>
    public string? Access { get; set; }

    /// <summary>Whether it still takes up the torrents that it has saved: not all of them are there yet.</summary>
    public bool IsRestoring { get; set; }
}

/// <summary>The settings that could not be changed, and those that hold now.</summary>
internal sealed class AppliedDto
{
    public ErrorDto[]? Refused { get; set; }

    public SettingsDto? Settings { get; set; }
}

/// <summary>Part of a .torrent, or of an IP filter, on its way to the service.</summary>
internal sealed class UploadDto
{
    /// <summary>The most bytes of all parts of one upload: ten million ranges of addresses. A .torrent has a bound of its own.</summary>
    public const int MostBytes = 96 << 20;

    /// <summary>The name by which the start, or the settings, will call it; of at most 64 characters.</summary>
    public string? Upload { get; set; }

    /// <summary>The next bytes, in base64.</summary>
    public byte[]? Data { get; set; }
}

/// <summary>Asks about one torrent, or for a part of all.</summary>
internal sealed class QueryDto
{
    /// <summary>Which torrent; left out: all, where a method tells of all.</summary>
    public string? InfoHash { get; set; }

    /// <summary>Of a list: the first one that is wanted, from 0.</summary>
    public int Offset { get; set; }
}

/// <summary>A part of the torrents whose state is saved.</summary>
internal sealed class SavedListDto
{
    public SavedDto[]? Torrents { get; set; }

    /// <summary>Number of all.</summary>
    public int Total { get; set; }
}

/// <summary>A part of a torrent's files.</summary>
internal sealed class FilesDto
{
    public FileDto[]? Files { get; set; }

    /// <summary>Number of all.</summary>
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

/// <summary>The engine as a whole; left out while none runs.</summary>
internal sealed class EngineDto
{
    public ClientStatusDto? Status { get; set; }
}

/// <summary>Torrents that have changed, or no longer run: of each the latest status. Or a part of all, where that was asked for.</summary>
internal sealed class StatusesDto
{
    /// <summary>Whether every torrent that was told of before no longer runs.</summary>
    public bool IsReset { get; set; }

    /// <summary>How torrents that no longer run stood at their end; to be taken before those that have changed.</summary>
    public StatusDto[]? Gone { get; set; }

    /// <summary>The torrents that have changed; new ones in the order in which they were started.</summary>
    public StatusDto[]? Changed { get; set; }

    /// <summary>The service, where its settings have changed.</summary>
    public ServiceDto? Service { get; set; }

    /// <summary>Number of all, where a part of all was asked for.</summary>
    public int Total { get; set; }
}
