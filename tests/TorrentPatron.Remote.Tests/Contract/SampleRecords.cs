using System.Collections;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Proxies;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.Remote.Tests.Contract;

/// <summary>
/// Creates records in which every property has a value other than its default, so that a property that is not transferred is found, even one
/// that is added later. Also compares records, property by property.
/// </summary>
internal sealed class SampleRecords
{
    private int _next;

    /// <summary>A torrent.</summary>
    public static TorrentMetainfo Torrent { get; } = MetainfoReader.Read(Encoding.ASCII.GetBytes(
        "d4:infod6:lengthi5e4:name4:file12:piece lengthi16384e6:pieces20:aaaaabbbbbcccccdddddee"));

    /// <summary>Fills one record.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="without">Names of properties that keep their default.</param>
    public object Make(Type type, params string[] without)
    {
        object made = RuntimeHelpers.GetUninitializedObject(type);
        foreach (PropertyInfo property in Settable(type))
        {
            object value = without.Contains(property.Name)
                ? property.GetValue(type.GetConstructor(Type.EmptyTypes)!.Invoke(null))!
                : Value(property.PropertyType);
            property.SetValue(made, value);
        }

        return made;
    }

    /// <summary>The first difference of two objects; null if there is none.</summary>
    public static string? Difference(object? expected, object? actual, string at = "")
    {
        if (expected is null || actual is null)
            return expected == actual ? null : $"{at}: {expected ?? "null"}, but {actual ?? "null"}";
        if (expected is TorrentMetainfo one && actual is TorrentMetainfo other)
            return one.Raw.Span.SequenceEqual(other.Raw.Span) ? null : at;
        if (expected is PeerClass)
            return expected.Equals(actual) ? null : at;
        if (expected is not string && expected is IEnumerable list)
        {
            object?[] these = [.. list.Cast<object?>()], those = [.. ((IEnumerable)actual).Cast<object?>()];
            return these.Length != those.Length
                ? $"{at}: {these.Length} members, but {those.Length}"
                : these.Select((value, index) => Difference(value, those[index], $"{at}[{index}]")).FirstOrDefault(found => found is not null);
        }

        if (expected.GetType() != actual.GetType())
            return $"{at}: {expected.GetType().Name}, but {actual.GetType().Name}";
        PropertyInfo[] properties = expected is not Enum && expected.GetType().Namespace is { } space
            && (space == typeof(TorrentStatus).Namespace || space == typeof(TorrentHook).Namespace)
            ? [.. Settable(expected.GetType())] : [];
        return properties.Length == 0
            ? expected.Equals(actual) ? null : $"{at}: {expected}, but {actual}"
            : properties.Select(property => Difference(property.GetValue(expected), property.GetValue(actual), $"{at}.{property.Name}"))
                .FirstOrDefault(found => found is not null);
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true });

    private object Value(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        int number = ++_next;
        if (type.IsEnum)
        {
            Array values = Enum.GetValues(type);
            return values.GetValue(1 + (number % (values.Length - 1)))!;
        }

        if (type.IsGenericType && type.GetGenericArguments() is [Type member])
        {
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(member))!;
            list.Add(Value(member));
            list.Add(Value(member));
            return type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? list : Activator.CreateInstance(type, list)!;
        }

        return type switch
        {
            _ when type == typeof(string) => $"text {number} \u00e4\u4e2d \"\\",
            _ when type == typeof(int) => number,
            _ when type == typeof(long) => number + (1L << 40),
            _ when type == typeof(double) => number / 7.0,
            _ when type == typeof(bool) => true,
            _ when type == typeof(TimeSpan) => TimeSpan.FromTicks((number * 10_000_000L) + 1),
            _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddTicks((number * 10_000_000L) + 7),
            _ when type == typeof(Uri) => new Uri($"https://tracker.example/{number}/announce?key=a%20b"),
            _ when type == typeof(IPAddress) => IPAddress.Parse($"2001:db8::{number}"),
            _ when type == typeof(IPEndPoint) => new IPEndPoint(IPAddress.Parse($"192.0.2.{number % 256}"), number),
            _ when type == typeof(TorrentId) => new TorrentId(new InfoHash(Enumerable.Repeat((byte)number, 20).ToArray())),
            _ when type == typeof(TorrentMetainfo) => Torrent,
            _ when type == typeof(PeerClass) => PeerClass.TryMake($"class {number}", ["10.0.0.0/8", "2001:db8::/32"], out PeerClass? made, out _)
                ? made with { MaxDownloadRate = 0, MaxUploadRate = number, IsPreferred = true }
                : throw new ArgumentException(type.Name),
            _ when type == typeof(HostEndPoint) => new HostEndPoint("proxy.example", 1000 + number),
            _ when type == typeof(ProxyCredential) => new ProxyCredential($"user{number}", $"password{number}"),
            _ => Make(type),
        };
    }
}
