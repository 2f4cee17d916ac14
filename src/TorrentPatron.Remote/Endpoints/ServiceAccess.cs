namespace TorrentPatron.Remote.Endpoints;

/// <summary>What a client may do; each right includes those before it.</summary>
internal enum ServiceAccess
{
    /// <summary>Nothing: it is turned away.</summary>
    None,

    /// <summary>Look at torrents and settings.</summary>
    Read,

    /// <summary>Start, change and remove torrents, and change settings.</summary>
    Steer,

    /// <summary>Everything, as the user of the service and root may.</summary>
    Own,
}
