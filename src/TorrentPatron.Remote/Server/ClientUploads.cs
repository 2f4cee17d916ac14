using TorrentPatron.Remote.Contract;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Server;

/// <summary>One client's unused uploads. Thread-safe.</summary>
/// <param name="budget">The limit for all clients.</param>
/// <param name="user">The client's user.</param>
/// <param name="time">The clock; null means the system's.</param>
internal sealed class ClientUploads(UploadBudget budget, string user, TimeProvider? time = null) : IDisposable
{
    private const int MostUploads = 4;
    private const int MostName = 64;

    /// <summary>After this time without a new part, an upload may be dropped to make room.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // taken before that of the budget
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Dictionary<string, Upload> _uploads = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>Takes the next part of an upload.</summary>
    /// <exception cref="TorrentException">It is too large, one too many, or has an invalid name; its earlier parts are dropped.</exception>
    public void Add(UploadDto part)
    {
        byte[] data = part.Data ?? [];
        bool isRoom = budget.TryTake(user, data.Length);
        if (!isRoom)
        {
            budget.Sweep();
            isRoom = budget.TryTake(user, data.Length);
        }

        bool isTaken = false;
        try
        {
            Add(part.Upload, data, isRoom);
            isTaken = true;
        }
        finally
        {
            if (isRoom && !isTaken)
                budget.Return(user, data.Length);
        }
    }

    private void Add(string? given, byte[] data, bool isRoom)
    {
        lock (_gate)
        {
            if (_isDisposed || given is not { Length: > 0 and <= MostName } name)
                throw new TorrentException(ServerErrors.BadUpload);
            if (!_uploads.TryGetValue(name, out Upload? upload))
            {
                if (_uploads.Count >= MostUploads)
                    throw new TorrentException(ServerErrors.BadUpload);
                _uploads.Add(name, upload = new Upload());
                budget.Add(this);
            }

            // Its parts are joined when it is used, so that it takes twice the memory for a moment.
            if (upload.Length + data.Length > UploadDto.MostBytes || !isRoom)
            {
                Drop(name);
                throw new TorrentException(ServerErrors.BadUpload);
            }

            upload.Parts.Add(data);
            upload.Length += data.Length;
            upload.LastPart = _time.GetTimestamp();
        }
    }

    /// <summary>Removes and returns an upload.</summary>
    /// <param name="name">Its name; null returns null.</param>
    /// <exception cref="TorrentException">There is none of that name.</exception>
    public byte[]? Take(string? name)
    {
        if (name is null)
            return null;
        lock (_gate)
        {
            if (!_uploads.TryGetValue(name, out Upload? upload))
                throw new TorrentException(ServerErrors.NoUpload);
            byte[] whole = new byte[upload.Length];
            int at = 0;
            foreach (byte[] part in upload.Parts)
            {
                part.CopyTo(whole, at);
                at += part.Length;
            }

            Drop(name);
            return whole;
        }
    }

    /// <summary>Drops uploads that have been idle for too long.</summary>
    public void DropIdle()
    {
        lock (_gate)
        {
            foreach (string name in _uploads.Where(upload => _time.GetElapsedTime(upload.Value.LastPart) >= LongestIdle).Select(upload => upload.Key).ToArray())
                Drop(name);
        }
    }

    /// <summary>Drops everything.</summary>
    public void Dispose()
    {
        budget.Remove(this);
        lock (_gate)
        {
            _isDisposed = true;
            foreach (string name in _uploads.Keys.ToArray())
                Drop(name);
        }
    }

    private void Drop(string name)
    {
        if (_uploads.Remove(name, out Upload? upload))
            budget.Return(user, upload.Length);
    }

    private sealed class Upload
    {
        public List<byte[]> Parts { get; } = [];

        public int Length { get; set; }

        public long LastPart { get; set; }
    }
}
