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
        RpcClosureCause.Silent, $"The client did not say hello within {patience.TotalSeconds:0.#} s.",
        "Connect again. A program of your own sends hello first: docs/rpc.md says how.");

    public static RpcClosure NoHello { get; } = Closure(
        RpcClosureCause.HelloFailed, "The client did not begin with hello.", "Send hello first: docs/rpc.md says how.");

    public static RpcClosure Displaced { get; } = Closure(
        RpcClosureCause.Closed, "There are too many connections, and this one had not begun with hello yet.");

    public static RpcClosure Fault { get; } = new(RpcClosureCause.Fault, new TorrentError(
        TorrentErrorId.Unexpected, "The connection ended by a fault.", "Please report it, with what led to it."));

    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.ServiceUnavailable, "The service has been stopped.", "Start it again, then connect again.");

    public static TorrentError NoAnswer(TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service did not answer within {patience.TotalSeconds:0.#} s.",
        "It may be busy, or hang: try again, or restart it.");

    public static TorrentError NotBack(TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service has ended, and does not listen again after {patience.TotalSeconds:0.#} s.",
        "See its log, and start it with Start-TorrentService.");

    public static TorrentError TooMany(int bound) => new(
        TorrentErrorId.ServiceUnavailable, $"The service has {bound} connections already.", "Close some sessions, then connect again.");

    public static TorrentError NotUnderstood(string purpose) => new(
        TorrentErrorId.Unexpected, $"The service was asked to {purpose}, and its answer is not understood.", "Use the same version of the service and of its client.");

    public static TorrentError NotKnown(string purpose) => new(
        TorrentErrorId.NotSupported, $"The service does not know how to {purpose}.", "Use the same version of the service and of its client.");

    public static TorrentError Refused(string purpose, int code) => new(
        TorrentErrorId.Unexpected, $"The service refused to {purpose} ({code}: {RpcErrorCode.TextOf(code)}).",
        "Use the same version of the service and of its client; else please report it.");

    public static TorrentError TooLarge(string purpose, int bound) => new(
        TorrentErrorId.InvalidArgument, $"The request to {purpose} is longer than one message may be, {bound} bytes.", "Give less at once.");

    private static RpcClosure Closure(RpcClosureCause cause, string message, string remedy = Reconnect) =>
        new(cause, new TorrentError(TorrentErrorId.ServiceUnavailable, message, remedy));
}
