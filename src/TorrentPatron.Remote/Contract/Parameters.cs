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
}

/// <summary>The settings that could not be changed, and those that hold now.</summary>
internal sealed class AppliedDto
{
    public ErrorDto[]? Refused { get; set; }

    public SettingsDto? Settings { get; set; }
}

/// <summary>Part of a .torrent on its way to the service.</summary>
internal sealed class UploadDto
{
    /// <summary>The most bytes of all parts of one .torrent.</summary>
    public const int MostBytes = 32 << 20;

    /// <summary>The name by which the start will call it; of at most 64 characters.</summary>
    public string? Upload { get; set; }

    /// <summary>The next bytes, in base64.</summary>
    public byte[]? Data { get; set; }
}

/// <summary>Asks about one torrent.</summary>
internal sealed class TorrentDto
{
    public string? InfoHash { get; set; }

    /// <summary>Of a list: the first one that is wanted, from 0.</summary>
    public int Offset { get; set; }
}

/// <summary>Asks for the torrents whose state is saved.</summary>
internal sealed class SavedQueryDto
{
    /// <summary>Which torrent; left out: all.</summary>
    public string? InfoHash { get; set; }

    /// <summary>Of all: the first one that is wanted, from 0.</summary>
    public int Offset { get; set; }
}

/// <summary>A torrent whose state is saved.</summary>
internal sealed class SavedDto
{
    /// <summary>How it stood when it was last saved.</summary>
    public StatusDto? Status { get; set; }

    /// <summary>Whether it was suspended.</summary>
    public bool Suspended { get; set; }

    /// <summary>Its link, where that is all that is known of it.</summary>
    public string? Magnet { get; set; }

    /// <summary>Whether it can go on: it is known where its files lie.</summary>
    public bool CanRestore { get; set; }
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

/// <summary>Torrents that have changed, or are no longer there. Of each torrent the latest status only.</summary>
internal sealed class StatusesDto
{
    /// <summary>The torrents that have changed, in the order in which they were started as far as they are new.</summary>
    public StatusDto[]? Changed { get; set; }

    /// <summary>Info hashes of torrents that no longer run.</summary>
    public string[]? Gone { get; set; }

    /// <summary>Whether every torrent has been told of: sent once, with the last part of the first full list.</summary>
    public bool IsWhole { get; set; }
}
