namespace TorrentPatron.Engine.WebSeeds;

/// <summary>What a failed request says about a web seed.</summary>
internal enum WebSeedFault
{
    /// <summary>It may be well later.</summary>
    Passing,

    /// <summary>It does not have the file that was asked for, or another one.</summary>
    File,

    /// <summary>It will not be well by itself.</summary>
    Lasting,
}
