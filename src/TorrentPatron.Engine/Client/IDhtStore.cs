namespace TorrentPatron.Engine.Client;

/// <summary>Keeps what a DHT node knows from one run to the next: some kilobytes, written twice an hour at most, and at the end.</summary>
public interface IDhtStore
{
    /// <summary>What was saved last; null where nothing was, or it cannot be read. May block; called once.</summary>
    byte[]? Load();

    /// <summary>Saves. May block; what fails is the store's to report, and to forget.</summary>
    void Save(byte[] state);
}
