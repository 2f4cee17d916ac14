using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote;

/// <summary>The errors of a connection to the service.</summary>
internal static class RemoteErrors
{
    private const string Reconnect = "Connect again.";

    public static RpcClosure Closed { get; } = Closure(RpcClosureCause.Closed, "The connection was closed.");

    public static RpcClosure ClosedBy(string partner, TorrentError? why) => why is null
        ? Closure(RpcClosureCause.ClosedByPartner, $"The {partner} closed the connection or stopped.",
            partner == RpcOptions.Client.Partner ? "Start the service again, then connect again." : Reconnect)
        : new RpcClosure(RpcClosureCause.ClosedByPartner, why);

    public static RpcClosure Broken(string partner, Exception fault) => Closure(
        RpcClosureCause.Broken, $"The connection to the {partner} broke: {DisplayText.Clean(fault.Message).TrimEnd('.')}.");

    public static RpcClosure LineTooLong(string partner, int bound) => Closure(
        RpcClosureCause.LineTooLong, $"The {partner} sent a message longer than {bound} bytes.", "Send smaller messages.");

    public static RpcClosure NotRpc(string partner) => Closure(
        RpcClosureCause.NotRpc, $"The {partner} sent data that is not JSON-RPC 2.0.", "docs/rpc.md describes the protocol.");

    public static RpcClosure NotRead(string partner, TimeSpan deadline) => Closure(
        RpcClosureCause.NotRead, $"The {partner} did not read its messages for {deadline.TotalSeconds:0.#} s, so the connection was dropped.",
        "Connect again, and read messages without long pauses.");

    public static RpcClosure Silent(TimeSpan patience) => Closure(
        RpcClosureCause.Silent, $"The client did not say hello within {patience.TotalSeconds:0.#} s.",
        "Connect again. Your own program must send hello first: see docs/rpc.md.");

    public static RpcClosure NoHello { get; } = Closure(
        RpcClosureCause.HelloFailed, "The client did not begin with hello.", "Send hello first: see docs/rpc.md.");

    public static RpcClosure Displaced { get; } = Closure(
        RpcClosureCause.Closed, "There are too many connections, and this one had not sent hello yet.");

    public static RpcClosure Fault { get; } = new(RpcClosureCause.Fault, new TorrentError(
        TorrentErrorId.Unexpected, "The connection ended because of an internal error.", "Please report it, with the steps that led to it."));

    public static TorrentError Stopped { get; } = new(
        TorrentErrorId.ServiceUnavailable, "The service has been stopped.", "Start it again, then connect again.");

    public static TorrentError NoAnswer(TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service did not answer within {patience.TotalSeconds:0.#} s.",
        "It may be busy or hung. Try again, or restart it.");

    public static TorrentError NotBack(TimeSpan patience) => new(
        TorrentErrorId.ServiceUnavailable, $"The service has stopped and is not listening again after {patience.TotalSeconds:0.#} s.",
        "Check its log, and start it with Start-TorrentService.");

    public static TorrentError TooMany(int bound) => new(
        TorrentErrorId.ServiceUnavailable, $"The service already has {bound} connections, the maximum.", "Close some sessions, then connect again.");

    public static TorrentError NotUnderstood(string purpose) => new(
        TorrentErrorId.Unexpected, $"The service was asked to {purpose} and sent an invalid answer.", "Use the same version for the service and its client.");

    public static TorrentError NotKnown(string purpose) => new(
        TorrentErrorId.NotSupported, $"The service does not know how to {purpose}.", "Use the same version for the service and its client.");

    public static TorrentError Refused(string purpose, int code) => new(
        TorrentErrorId.Unexpected, $"The service refused to {purpose} ({code}: {RpcErrorCode.TextOf(code)}).",
        "Use the same version for the service and its client. If it persists, please report it.");

    public static TorrentError TooLarge(string purpose, int bound) => new(
        TorrentErrorId.InvalidArgument, $"The request to {purpose} is longer than the limit of {bound} bytes for one message.", "Send less at once.");

    private static RpcClosure Closure(RpcClosureCause cause, string message, string remedy = Reconnect) =>
        new(cause, new TorrentError(TorrentErrorId.ServiceUnavailable, message, remedy));
}
