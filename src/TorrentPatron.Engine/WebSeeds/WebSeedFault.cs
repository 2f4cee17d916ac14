namespace TorrentPatron.Engine.WebSeeds;

/// <summary>What a failed request says about a web seed.</summary>
internal enum WebSeedFault
{
    /// <summary>Temporary: it may work later.</summary>
    Passing,

    /// <summary>It does not have the requested file, or has a different one.</summary>
    File,

    /// <summary>Permanent: it will not recover by itself.</summary>
    Lasting,
}
