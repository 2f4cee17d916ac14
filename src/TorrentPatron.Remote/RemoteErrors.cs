using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote;

/// <summary>The failures of a connection to the service, each worded once.</summary>
internal static class RemoteErrors
{
    private const string Reconnect = "Connect again.";

    public static RpcClosure Closed { get; } = Closure(RpcClosureCause.Closed, "The connection was closed.");

    public static RpcClosure ClosedBy(string partner, TorrentError? why) => why is null
        ? Closure(RpcClosureCause.ClosedByPartner, $"The {partner} closed the connection, or ended.",
            partner == RpcOptions.Client.Partner ? "Start the service again, then connect again." : Reconnect)
        : new RpcClosure(RpcClosureCause.ClosedByPartner, why);

    public static RpcClosure Broken(string partner, Exception fault) => Closure(
        RpcClosureCause.Broken, $"The connection to the {partner} broke: {DisplayText.Clean(fault.Message).TrimEnd('.')}.");

    public static RpcClosure LineTooLong(string partner, int bound) => Closure(
        RpcClosureCause.LineTooLong, $"The {partner} sent a message longer than {bound} bytes.", "Send less in one message.");

    public static RpcClosure NotRpc(string partner) => Closure(
        RpcClosureCause.NotRpc, $"The {partner} sent what is not JSON-RPC 2.0.", "docs/rpc.md says what is understood.");

    public static RpcClosure NotRead(string partner, TimeSpan deadline) => Closure(
        RpcClosureCause.NotRead, $"The {partner} did not read what it was sent for {deadline.TotalSeconds:0.#} s, and was cut off.",
        "Connect again, and read all the time.");

    public static RpcClosure Silent(TimeSpan patience) => Closure(
        RpcClosureCause.Silent, $"The client did not say hello within {patience.TotalSeconds:0.#} s.", "Send hello first: docs/rpc.md says how.");

    public static RpcClosure NoHello { get; } = Closure(
        RpcClosureCause.HelloFailed, "The client did not begin with hello.", "Send hello first: docs/rpc.md says how.");

    public static RpcClosure Fault { get; } = new(RpcClosureCause.Fault, new TorrentError(
        TorrentErrorId.Unexpected, "The connection ended by a fault.", "Please report it, with what led to it."));

    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.ServiceUnavailable, "The service has been stopped.", "Start it again, then connect again.");

    public static TorrentError NoAnswer(TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service did not answer within {patience.TotalSeconds:0.#} s.",
        "It may be busy, or hang: try again, or restart it.");

    public static TorrentError TooMany(int bound) => new(
        TorrentErrorId.ServiceUnavailable, $"The service has {bound} connections already.", "Close some sessions, then connect again.");

    public static TorrentError NotUnderstood(string method) => new(
        TorrentErrorId.Unexpected, $"The answer to '{method}' is not understood.", "Use the same version of the service and of its client.");

    public static TorrentError NotKnown(string method) => new(
        TorrentErrorId.NotSupported, $"The service does not know '{method}'.", "Use the same version of the service and of its client.");

    public static TorrentError Refused(string method, int code) => new(
        TorrentErrorId.Unexpected, $"The service refused '{method}' ({code}: {RpcErrorCode.TextOf(code)}).",
        "Use the same version of the service and of its client; else please report it.");

    public static TorrentError TooLarge(string method, int bound) => new(
        TorrentErrorId.InvalidArgument, $"'{method}' was given more than fits into one message of {bound} bytes.", "Give less at once.");

    private static RpcClosure Closure(RpcClosureCause cause, string message, string remedy = Reconnect) =>
        new(cause, new TorrentError(TorrentErrorId.ServiceUnavailable, message, remedy));
}
