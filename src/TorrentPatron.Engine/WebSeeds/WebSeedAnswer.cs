namespace TorrentPatron.Engine.WebSeeds;

/// <summary>What a web seed sends. Whoever has taken what he wants disposes it; a connection with more in it is ended then.</summary>
/// <param name="response">The response.</param>
/// <param name="body">Its body.</param>
/// <param name="isWhole">Whether the body is the whole file, though a part was asked for: the server knows no ranges.</param>
/// <param name="length">Bytes of the body that are of use.</param>
internal sealed class WebSeedAnswer(HttpResponseMessage response, Stream body, bool isWhole, long length) : IDisposable
{
    /// <summary>The body, at the place that was asked for.</summary>
    public Stream Body => body;

    /// <summary>Whether the body is the whole file, though a part was asked for: the server knows no ranges.</summary>
    public bool IsWhole => isWhole;

    /// <summary>Bytes of the body that are of use.</summary>
    public long Length => length;

    /// <inheritdoc/>
    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }
}
