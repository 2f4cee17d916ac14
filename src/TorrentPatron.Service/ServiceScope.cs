namespace TorrentPatron.Service;

/// <summary>The owner of a service in a separate process.</summary>
public enum ServiceScope
{
    /// <summary>A single user; only that user and root can reach it.</summary>
    User,

    /// <summary>The machine: several users share it, each with the rights that the administrator gave.</summary>
    Machine,
}
