using System.Collections.ObjectModel;
using System.Globalization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Service.State;

/// <summary>A torrent's options in its resume file: a dictionary of the options that are set.</summary>
internal static class OptionsCodec
{
    /// <summary>Writes options.</summary>
    public static void Write(BencodeWriter writer, TorrentOptions options)
    {
        writer.BeginDictionary();
        if (options.MaxDownloadRate is { } down)
            writer.Write("down"u8, down);
        if (options.MinimumFreeSpace is { } free)
            writer.Write("free"u8, free);
        if (options.Goal is { } goal)
        {
            writer.WriteKey("goal"u8);
            writer.BeginDictionary();
            if (goal.Ratio is { } ratio)
                writer.Write("ratio"u8, ratio.ToString("R", CultureInfo.InvariantCulture));
            if (goal.Time is { } time)
                writer.Write("time"u8, time.Ticks);
            writer.End();
        }

        if (options.SeedOnly is { } seedOnly)
            writer.Write("seed only"u8, seedOnly ? 1 : 0);
        if (options.Sequential is { } sequential)
            writer.Write("sequential"u8, sequential ? 1 : 0);
        if (options.SuperSeeding is { } superSeeding)
            writer.Write("super seeding"u8, superSeeding ? 1 : 0);
        if (options.Tags is { } tags)
        {
            writer.WriteKey("tags"u8);
            writer.BeginList();
            foreach (string tag in tags)
                writer.WriteString(tag);
            writer.End();
        }

        if (options.MaxUploadRate is { } up)
            writer.Write("up"u8, up);
        writer.End();
    }

    /// <summary>Reads options.</summary>
    /// <exception cref="InvalidDataException">They are invalid.</exception>
    public static TorrentOptions Read(BencodeElement options) => new()
    {
        MaxDownloadRate = options.TryGet("down"u8, out BencodeElement down) ? ReadRate(down) : null,
        MinimumFreeSpace = options.TryGet("free"u8, out BencodeElement free) ? ReadSize(free) : null,
        Goal = options.TryGet("goal"u8, out BencodeElement goal) ? ReadGoal(goal) : null,
        SeedOnly = options.TryGet("seed only"u8, out BencodeElement seedOnly) ? seedOnly.AsInteger() != 0 : null,
        Sequential = options.TryGet("sequential"u8, out BencodeElement sequential) ? sequential.AsInteger() != 0 : null,
        SuperSeeding = options.TryGet("super seeding"u8, out BencodeElement superSeeding) ? superSeeding.AsInteger() != 0 : null,
        Tags = options.TryGet("tags"u8, out BencodeElement tags) ? ReadTags(tags) : null,
        MaxUploadRate = options.TryGet("up"u8, out BencodeElement up) ? ReadRate(up) : null,
    };

    private static long ReadSize(BencodeElement element) =>
        element.AsInteger() is var size and >= 0 ? size : throw new InvalidDataException("an option in it is negative");

    // Counts as no limit: nothing is that fast.
    private static long ReadRate(BencodeElement element) => Math.Min(ReadSize(element), 1L << 50);

    private static SeedGoal ReadGoal(BencodeElement goal)
    {
        double? ratio = null;
        if (goal.TryGet("ratio"u8, out BencodeElement text))
        {
            ratio = double.TryParse(text.AsText(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0 && double.IsFinite(value)
                ? value
                : throw new InvalidDataException("a goal in it is malformed");
        }

        TimeSpan? most = goal.TryGet("time"u8, out BencodeElement time) ? new TimeSpan(ReadSize(time)) : null;
        return ratio is null && most is null ? SeedGoal.None : new SeedGoal(ratio, most);
    }

    private static ReadOnlyCollection<string> ReadTags(BencodeElement tags)
    {
        var all = new List<string>(tags.Count);
        foreach (BencodeElement tag in tags.EnumerateList())
            all.Add(tag.AsText());
        return all.AsReadOnly();
    }
}
