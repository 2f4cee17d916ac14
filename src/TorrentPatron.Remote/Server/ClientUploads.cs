using TorrentPatron.Remote.Contract;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Server;

/// <summary>What one client has uploaded and not used yet. Thread-safe.</summary>
/// <param name="budget">The room for all clients.</param>
/// <param name="user">Whose client it is.</param>
/// <param name="time">The clock; null: the system's.</param>
internal sealed class ClientUploads(UploadBudget budget, string user, TimeProvider? time = null) : IDisposable
{
    private const int MostUploads = 4;
    private const int MostName = 64;

    /// <summary>An upload without a new part for so long makes way where room is short.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // above that of the budget
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Dictionary<string, Upload> _uploads = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>Takes the next part of an upload.</summary>
    /// <exception cref="TorrentException">It is too large, or one too many, or has no proper name; what was there of it is dropped.</exception>
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

            // Its parts are put together when it is used: then there are two of it for a moment.
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

    /// <summary>Takes an upload out.</summary>
    /// <param name="name">Its name; null: none is wanted.</param>
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

    /// <summary>Drops uploads that have been idle for long.</summary>
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
