namespace TorrentPatron.Protocol;

/// <summary>How far away an address can be reached from; nearest first.</summary>
public enum AddressReach
{
    /// <summary>This machine only.</summary>
    Loopback,

    /// <summary>This machine's own network: private, link-local and shared address space.</summary>
    Private,

    /// <summary>The internet.</summary>
    Global,
}
