using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security;
using System.Text;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The SOAP requests and answers of a router's UPnP service.</summary>
internal static class IgdCodec
{
    /// <summary>The action that maps a port.</summary>
    public const string AddPortMapping = "AddPortMapping";

    /// <summary>The action that maps a port, or another one if that is taken; IGD 2.</summary>
    public const string AddAnyPortMapping = "AddAnyPortMapping";

    /// <summary>The action that removes a mapping.</summary>
    public const string DeletePortMapping = "DeletePortMapping";

    /// <summary>The action that returns the external address.</summary>
    public const string GetExternalIPAddress = "GetExternalIPAddress";

    private const int MostValues = 32;

    /// <summary>The SOAP action header of a request.</summary>
    public static string Header(IgdService service, string action) => $"\"{service.Type}#{action}\"";

    /// <summary>Makes the request for a mapping.</summary>
    /// <param name="service">The service.</param>
    /// <param name="action"><see cref="AddPortMapping"/> or <see cref="AddAnyPortMapping"/>.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="internalPort">Our port.</param>
    /// <param name="externalPort">The external port.</param>
    /// <param name="client">Our address.</param>
    /// <param name="description">Its description.</param>
    /// <param name="lease">Its lifetime, seconds; 0 means until it is removed.</param>
    public static byte[] WriteAdd(
        IgdService service, string action, ProtocolType protocol, ushort internalPort, ushort externalPort, IPAddress client, string description, uint lease) => Write(
        service, action, [
            ("NewRemoteHost", ""), ("NewExternalPort", Text(externalPort)), ("NewProtocol", Text(protocol)), ("NewInternalPort", Text(internalPort)),
            ("NewInternalClient", client.ToString()), ("NewEnabled", "1"), ("NewPortMappingDescription", description), ("NewLeaseDuration", Text(lease)),
        ]);

    /// <summary>Creates the request to remove a mapping.</summary>
    public static byte[] WriteDelete(IgdService service, ProtocolType protocol, ushort externalPort) =>
        Write(service, DeletePortMapping, [("NewRemoteHost", ""), ("NewExternalPort", Text(externalPort)), ("NewProtocol", Text(protocol))]);

    /// <summary>Creates the request for the external address.</summary>
    public static byte[] WriteGetAddress(IgdService service) => Write(service, GetExternalIPAddress, []);

    /// <summary>Reads the answer to an action.</summary>
    /// <param name="document">The answer.</param>
    /// <param name="action">The action.</param>
    /// <returns>The answer; null if it is not an answer to this action.</returns>
    public static IgdAnswer? Read(ReadOnlyMemory<byte> document, string action)
    {
        string response = action + "Response";
        int? fault = null;
        string? description = null;
        bool isAnswered = false;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        bool isRead = BoundedXml.TryWalk(
            document,
            (path, text) =>
            {
                if (path is [.., var parent, var name] && parent == response && values.Count < MostValues)
                    values.TryAdd(name, text);
                else if (path[^1] == "errorCode" && path.Contains("Fault") && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort code))
                    fault = code;
                else if (path[^1] == "errorDescription" && path.Contains("Fault"))
                    description = DisplayText.Clean(text.Length > 200 ? text[..200] : text);
            },
            name => isAnswered |= name == response);
        if (!isRead || (fault is null && !isAnswered))
            return null;
        return new IgdAnswer(fault, description, values);
    }

    /// <summary>Makes the request for an action.</summary>
    public static byte[] Write(IgdService service, string action, (string Name, string Value)[] arguments)
    {
        var text = new StringBuilder();
        text.Append("<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"")
            .Append(" s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:").Append(action).Append(" xmlns:u=\"").Append(service.Type).Append("\">");
        foreach ((string name, string value) in arguments)
            text.Append('<').Append(name).Append('>').Append(SecurityElement.Escape(value)).Append("</").Append(name).Append('>');
        text.Append("</u:").Append(action).Append("></s:Body></s:Envelope>\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(ProtocolType protocol) => protocol == ProtocolType.Udp ? "UDP" : "TCP";
}
