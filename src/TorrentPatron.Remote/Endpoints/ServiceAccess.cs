namespace TorrentPatron.Remote.Endpoints;

/// <summary>The access of a client; each level includes the lower ones.</summary>
internal enum ServiceAccess
{
    /// <summary>None: the connection is refused.</summary>
    None,

    /// <summary>Read torrents and settings.</summary>
    Read,

    /// <summary>Start, change and remove torrents, and change settings.</summary>
    Steer,

    /// <summary>Everything, as for the user of the service and root.</summary>
    Own,
}
