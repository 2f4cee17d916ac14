using System.Text;
using System.Text.Json;

namespace TorrentPatron.Remote.Tests.Rpc;

/// <summary>The other end of a connection, which sends any bytes and reads lines.</summary>
internal sealed class RawPeer(Stream stream) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<byte> _read = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    public Stream Stream => stream;

    public Task SendAsync(string lines) => SendAsync(Encoding.UTF8.GetBytes(lines + "\n"));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>The next line; null at the end.</summary>
    public async Task<string?> NextLineAsync()
    {
        int searched = 0;
        while (true)
        {
            int end = _read.IndexOf((byte)'\n', searched);
            if (end >= 0)
            {
                string line = Encoding.UTF8.GetString([.. _read.Take(end)]);
                _read.RemoveRange(0, end + 1);
                return line;
            }

            searched = _read.Count;
            int count;
            try
            {
                count = await stream.ReadAsync(_buffer).AsTask().WaitAsync(Patience);
            }
            catch (IOException)
            {
                return null; // The connection was reset.
            }

            if (count == 0)
                return null;
            _read.AddRange(_buffer.AsSpan(0, count));
        }
    }

    /// <summary>The next message.</summary>
    public async Task<JsonElement> NextAsync()
    {
        string line = await NextLineAsync() ?? throw new EndOfStreamException("The connection has ended.");
        return JsonDocument.Parse(line).RootElement;
    }

    /// <summary>The messages up to the end.</summary>
    public async Task<List<JsonElement>> ReadToEndAsync()
    {
        var all = new List<JsonElement>();
        while (await NextLineAsync() is { } line)
            all.Add(JsonDocument.Parse(line).RootElement);
        return all;
    }

    public void Dispose() => stream.Dispose();
}
