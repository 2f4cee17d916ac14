namespace TorrentPatron.Engine.WebSeeds;

/// <summary>A web seed's answer. Dispose it after use; a connection with unread data is then closed.</summary>
/// <param name="response">The response.</param>
/// <param name="body">Its body.</param>
/// <param name="isWhole">
/// Whether the body is the whole file although a part was requested: the server does not support ranges.</param>
/// <param name="length">
/// The useful bytes of the body.
/// </param>
internal sealed class WebSeedAnswer(HttpResponseMessage response, Stream body, bool isWhole, long length) : IDisposable
{
    /// <summary>The body, at the requested offset.</summary>
    public Stream Body => body;

    /// <summary>Whether the body is the whole file although a part was requested: the server does not support ranges.</summary>
    public bool IsWhole => isWhole;

    /// <summary>The useful bytes of the body.</summary>
    public long Length => length;

    /// <inheritdoc/>
    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }
}
