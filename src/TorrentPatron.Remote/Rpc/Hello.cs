using System.Text.Json.Serialization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A side's description of itself at the beginning of a connection: params and result of <c>hello</c>.</summary>
/// <remarks>Properties have setters: generated code ignores the defaults of init-only ones.</remarks>
internal sealed class Hello
{
    /// <summary>The version of the protocol that this code implements.</summary>
    public const int CurrentProtocol = 1;

    /// <summary>The oldest version of the protocol that this code still supports.</summary>
    public const int OldestProtocol = 1;

    private const int MostFeatures = 64;
    private const int MostChars = 64;

    /// <summary>The method.</summary>
    public static RpcMethod<Hello, Hello> Method { get; } = new("hello", RpcJson.Default.Hello, RpcJson.Default.Hello) { Purpose = "accept a client" };

    /// <summary>Newest supported version of the protocol, from 1; 0 if not given.</summary>
    public int Protocol { get; set; }

    /// <summary>Oldest supported version of the protocol; 0 means any.</summary>
    public int Minimum { get; set; }

    /// <summary>Optional features beyond the protocol's version; unknown ones are ignored.</summary>
    public string[] Features { get; set; } = [];

    /// <summary>The program: <c>pwsh</c>, <c>patron</c>.</summary>
    public string Program { get; set; } = "";

    /// <summary>Its version of TorrentPatron; empty for other programs.</summary>
    public string Version { get; set; } = "";

    /// <summary>The process id; 0 if not given.</summary>
    public int ProcessId { get; set; }

    /// <summary>From a service: why it dropped an earlier connection of this client's process; null if it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HelloNotice? CutOff { get; set; }

    /// <summary>The hello of this process.</summary>
    /// <param name="features">Its optional features.</param>
    public static Hello OfThisProcess(params string[] features) => new()
    {
        Protocol = CurrentProtocol,
        Minimum = OldestProtocol,
        Features = features,
        Program = ProgramName(Environment.ProcessPath ?? ""),
        Version = typeof(Hello).Assembly.GetName().Version?.ToString(3) ?? "",
        ProcessId = Environment.ProcessId,
    };

    /// <summary>Limits the other side's texts, and makes them safe to print.</summary>
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

    /// <summary>A copy with a notice for a client whose connection was dropped.</summary>
    /// <param name="why">The reason; null if it was not dropped.</param>
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

    /// <summary>Checks whether two sides are compatible.</summary>
    /// <param name="client">The client's hello.</param>
    /// <param name="service">The service's hello.</param>
    /// <returns>An error for the client; null if they are compatible.</returns>
    public static TorrentError? Compare(Hello client, Hello service)
    {
        int agreed = Math.Min(client.Protocol, service.Protocol);
        if (agreed >= 1 && agreed >= client.Minimum && agreed >= service.Minimum)
            return null;
        bool isServiceOlder = service.Protocol < client.Protocol;
        return new TorrentError(
            TorrentErrorId.ServiceVersionMismatch,
            $"The service ({service.Describe()}) and this client ({client.Describe()}) are not compatible: "
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
