using System.Text.Json.Serialization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Rpc;

/// <summary>What each side says of itself at the beginning: params and result of <c>hello</c>.</summary>
/// <remarks>Properties are set, not initialised: generated code forgets the defaults of init-only ones.</remarks>
internal sealed class Hello
{
    /// <summary>The version of the protocol that this code speaks.</summary>
    public const int CurrentProtocol = 1;

    /// <summary>The oldest version of the protocol that this code still speaks.</summary>
    public const int OldestProtocol = 1;

    private const int MostFeatures = 64;
    private const int MostChars = 64;

    /// <summary>The method.</summary>
    public static RpcMethod<Hello, Hello> Method { get; } = new("hello", RpcJson.Default.Hello, RpcJson.Default.Hello) { Purpose = "take a client" };

    /// <summary>Newest version of the protocol that the side speaks, from 1; 0: it did not say.</summary>
    public int Protocol { get; set; }

    /// <summary>Oldest version of the protocol that the side speaks; 0: any.</summary>
    public int Minimum { get; set; }

    /// <summary>What it can do beyond the protocol's version; unknown ones are ignored.</summary>
    public string[] Features { get; set; } = [];

    /// <summary>The program: <c>pwsh</c>, <c>patron</c>.</summary>
    public string Program { get; set; } = "";

    /// <summary>The version of TorrentPatron in it; empty: another program.</summary>
    public string Version { get; set; } = "";

    /// <summary>The process' id; 0: it did not say.</summary>
    public int ProcessId { get; set; }

    /// <summary>Of a service: why it has cut off an earlier connection of this client's process; null: it has not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HelloNotice? CutOff { get; set; }

    /// <summary>What this process says.</summary>
    /// <param name="features">What it can do.</param>
    public static Hello OfThisProcess(params string[] features) => new()
    {
        Protocol = CurrentProtocol,
        Minimum = OldestProtocol,
        Features = features,
        Program = ProgramName(Environment.ProcessPath ?? ""),
        Version = typeof(Hello).Assembly.GetName().Version?.ToString(3) ?? "",
        ProcessId = Environment.ProcessId,
    };

    /// <summary>Bounds what the other side said, and makes it safe to print.</summary>
    public Hello Cleaned() => new()
    {
        Protocol = Protocol,
        Minimum = Minimum,
        Features = [.. Features.Take(MostFeatures).Where(feature => feature is { Length: <= MostChars }).Select(DisplayText.Clean)],
        Program = Clean(Program),
        Version = Clean(Version),
        ProcessId = ProcessId,
        CutOff = CutOff is null ? null : HelloNotice.Of(CutOff.ToError()),
    };

    /// <summary>The same, to a client that was cut off.</summary>
    /// <param name="why">Why; null: it was not.</param>
    public Hello To(TorrentError? why) => why is null ? this : new()
    {
        Protocol = Protocol,
        Minimum = Minimum,
        Features = Features,
        Program = Program,
        Version = Version,
        ProcessId = ProcessId,
        CutOff = HelloNotice.Of(why),
    };

    /// <summary>Whether two sides understand each other.</summary>
    /// <param name="client">What the client says.</param>
    /// <param name="service">What the service says.</param>
    /// <returns>Null where they do; else an error for the client.</returns>
    public static TorrentError? Compare(Hello client, Hello service)
    {
        int agreed = Math.Min(client.Protocol, service.Protocol);
        if (agreed >= 1 && agreed >= client.Minimum && agreed >= service.Minimum)
            return null;
        bool isServiceOlder = service.Protocol < client.Protocol;
        return new TorrentError(
            TorrentErrorId.ServiceVersionMismatch,
            $"The service ({service.Describe()}) and this client ({client.Describe()}) do not understand each other: "
            + (isServiceOlder ? "the service is older." : "the client is older."),
            isServiceOlder
                ? "Restart the service with the newer version."
                : "Update TorrentPatron here, and connect again in a new session.");
    }

    /// <summary>The features that both sides have.</summary>
    public IEnumerable<string> SharedWith(Hello other) => Features.Intersect(other.Features, StringComparer.Ordinal);

    private string Describe() => (Version.Length > 0 ? $"TorrentPatron {Version}, " : "")
        + (Minimum < Protocol && Minimum > 0 ? $"protocols {Minimum} to {Protocol}" : $"protocol {Protocol}");

    private static string ProgramName(string path)
    {
        const string WindowsExtension = ".exe";
        string name = Path.GetFileName(path);
        return name.EndsWith(WindowsExtension, StringComparison.OrdinalIgnoreCase) ? name[..^WindowsExtension.Length] : name;
    }

    private static string Clean(string text) => DisplayText.Clean(text.Length <= MostChars ? text : text[..MostChars]);
}
