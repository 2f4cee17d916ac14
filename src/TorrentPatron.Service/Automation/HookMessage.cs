using System.Text.Json;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service.Automation;

/// <summary>An event in the form that scripts receive.</summary>
/// <param name="Event">The event.</param>
/// <param name="Message">The engine's message.</param>
/// <param name="Status">The torrent's status at the event; null if unknown.</param>
internal sealed record HookMessage(TorrentHookEvent Event, TorrentMessage Message, TorrentStatus? Status)
{
    /// <summary>The torrent's name, or its info hash if the name is unknown.</summary>
    public string Name => Status?.Name ?? InfoHash;

    /// <summary>The torrent's info hash.</summary>
    public string InfoHash => Message.TorrentId.ToString();

    private TorrentError? Error => Message is TorrentWarning warning ? warning.Warning : Event == TorrentHookEvent.Failed ? Status?.Error : null;

    /// <summary>Reads a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="statusOf">Finds a torrent's status for a message without one.</param>
    /// <param name="isPending">Whether the torrent's completion hooks still have to run: it then counts as completed when it is seen complete.</param>
    /// <returns>The event; null if no hook can be for the message.</returns>
    public static HookMessage? Of(TorrentMessage message, Func<TorrentMessage, TorrentStatus?> statusOf, bool isPending)
    {
        TorrentHookEvent? happened = message switch
        {
            TorrentCompleted { Reason: not CompletionReason.AlreadyOnDisk } => TorrentHookEvent.Completed,
            TorrentCompleted or NewTorrentCreated { Status.IsComplete: true } when isPending => TorrentHookEvent.Completed,
            TorrentStateChanged { Status.State: TorrentState.Failed } => TorrentHookEvent.Failed,
            SeedGoalReached => TorrentHookEvent.SeedGoalReached,
            MetadataReceived => TorrentHookEvent.MetadataReceived,
            TorrentRemoved => TorrentHookEvent.Removed,
            TorrentWarning => TorrentHookEvent.Warning,
            _ => null,
        };
        return happened is { } kind ? new HookMessage(kind, message, message.Status() ?? statusOf(message)) : null;
    }

    /// <summary>The environment variables for a script; values never appear on a command line.</summary>
    /// <param name="hook">The hook's name.</param>
    public IEnumerable<(string Name, string Value)> Variables(string hook)
    {
        (string Name, string? Value)[] all =
        [
            ("HOOK", hook),
            ("EVENT", Event.ToString()),
            ("NAME", Name),
            ("INFOHASH", InfoHash),
            ("DESTINATION", Status?.Destination),
            ("PATH", Status?.Path),
            ("TAGS", Status is null ? null : string.Join(',', Status.Tags)),
            ("ERROR", Error?.Id),
        ];
        return all.Select(one => ("TORRENTPATRON_" + one.Name, (one.Value ?? "").Replace("\0", "", StringComparison.Ordinal)));
    }

    /// <summary>The message as JSON, in UTF-8.</summary>
    /// <param name="hook">The hook's name.</param>
    public byte[] ToJson(string hook)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("hook", hook);
            json.WriteString("event", Event.ToString());
            json.WriteString("name", Name);
            json.WriteString("infoHash", InfoHash);
            if (Status is { } status)
                Write(json, status);
            if (Message is TorrentCompleted completed)
                json.WriteString("reason", completed.Reason.ToString());
            if (Message is TorrentStateChanged changed)
                json.WriteString("previous", changed.Previous.ToString());
            if (Message is TorrentRemoved removed)
            {
                json.WriteNumber("filesDeleted", removed.FilesDeleted);
                json.WriteNumber("bytesDeleted", removed.BytesDeleted);
            }

            if (Error is { } error)
            {
                json.WriteStartObject("error");
                json.WriteString("id", error.Id);
                json.WriteString("message", error.Message);
                json.WriteString("remedy", error.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return text.ToArray();
    }

    private static void Write(Utf8JsonWriter json, TorrentStatus status)
    {
        json.WriteString("state", status.State.ToString());
        json.WriteString("destination", status.Destination);
        json.WriteString("path", status.Path);
        json.WriteNumber("percentComplete", status.PercentComplete);
        json.WriteNumber("totalSize", status.TotalSize);
        json.WriteNumber("completedSize", status.CompletedSize);
        json.WriteNumber("bytesReceived", status.BytesReceived);
        json.WriteNumber("bytesSent", status.BytesSent);
        json.WriteNumber("ratio", status.Ratio);
        json.WriteString("addedAt", status.AddedAt);
        if (status.CompletedAt is { } completedAt)
            json.WriteString("completedAt", completedAt);
        json.WriteStartArray("tags");
        foreach (string tag in status.Tags)
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
