namespace TorrentPatron.Service;

/// <summary>Whose a service is that runs in a process of its own.</summary>
public enum ServiceScope
{
    /// <summary>One user's own; nobody else but root reaches it.</summary>
    User,

    /// <summary>The machine's: several users share it, each with the rights that the administrator gave.</summary>
    Machine,
}
