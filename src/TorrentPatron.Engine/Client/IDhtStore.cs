namespace TorrentPatron.Engine.Client;

/// <summary>Saves a DHT node's state between runs: a few kilobytes, written at most twice an hour and at the end.</summary>
public interface IDhtStore
{
    /// <summary>Loads the saved state. May block; called once. Returns null if nothing was saved or it cannot be read.</summary>
    byte[]? Load();

    /// <summary>Saves the state. May block; the store handles and reports its own failures.</summary>
    void Save(byte[] state);
}
