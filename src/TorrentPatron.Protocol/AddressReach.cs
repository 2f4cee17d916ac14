namespace TorrentPatron.Protocol;

/// <summary>From how far away an address can be reached; the nearest first.</summary>
public enum AddressReach
{
    /// <summary>This machine only.</summary>
    Loopback,

    /// <summary>This machine's own network: private, link-local and shared address space.</summary>
    Private,

    /// <summary>The internet.</summary>
    Global,
}
