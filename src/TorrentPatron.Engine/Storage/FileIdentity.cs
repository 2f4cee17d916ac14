namespace TorrentPatron.Engine.Storage;

/// <summary>By what a file is told from all others of the machine, whatever it is called.</summary>
/// <param name="Volume">The volume that it lies on.</param>
/// <param name="Number">Its number there.</param>
public readonly record struct FileIdentity(ulong Volume, ulong Number);
