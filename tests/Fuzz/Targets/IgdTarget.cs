using System.Text;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>XML of routers: descriptions and answers.</summary>
internal sealed class IgdTarget : IFuzzTarget
{
    private static readonly Uri Location = new("http://192.168.1.1:5000/rootDesc.xml");

    public string Name => "igd";

    public double Share => 0.3;

    public IMutator Mutator { get; } = new ByteMutator(
        [
            Encoding.UTF8.GetBytes(
                "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\"><URLBase>http://192.168.1.1:5000</URLBase><device><deviceList><device>"
                + "<serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/ctl/IPConn</controlURL></service>"
                + "<service><serviceType>urn:schemas-upnp-org:service:WANPPPConnection:1</serviceType><controlURL>//192.168.1.1/ppp</controlURL></service>"
                + "</serviceList></device></deviceList></device></root>"),
            Envelope("<u:AddPortMappingResponse xmlns:u=\"x\"><NewReservedPort>51413</NewReservedPort></u:AddPortMappingResponse>"),
            Envelope("<u:AddPortMappingResponse xmlns:u=\"x\"><NewExternalIPAddress><![CDATA[203.0.113.7]]></NewExternalIPAddress></u:AddPortMappingResponse>"),
            Envelope("<u:AddPinholeResponse xmlns:u=\"x\"><UniqueID>7</UniqueID><IsWorking>1</IsWorking></u:AddPinholeResponse>"),
            Envelope("<s:Fault><detail><UPnPError><errorCode>725</errorCode><errorDescription>Only permanent &#x41;</errorDescription></UPnPError></detail></s:Fault>"),
        ],
        [
            [.. "<!DOCTYPE a [<!ENTITY b \"c\">]>"u8], [.. "&b;"u8], [.. "&#x202E;"u8], [.. "<a>"u8], [.. "</a>"u8], [.. "<![CDATA["u8], [.. "]]>"u8], [.. "<?"u8],
            [.. "<!--"u8], [.. "encoding=\"utf-16\""u8], [.. "http://127.0.0.1/"u8], [.. "xmlns:s="u8], [0xFE, 0xFF],
        ]);

    public long AllowedBytes(int length) => 256 * 1024 + (100L * length);

    public bool Run(byte[] input)
    {
        IReadOnlyList<IgdService> services = IgdDescription.Read(input, Location);
        foreach (IgdService service in services)
        {
            Property.Holds(service.Control is { Scheme: "http", Host: "192.168.1.1", UserInfo: "" }, "only the router is contacted");
            Property.Holds(IgdService.Types.Contains(service.Type), "the type is known");
        }

        Property.Holds(services.Count <= 16, "the number of services is bounded");
        IgdAnswer? answer = IgdCodec.Read(input, IgdCodec.AddPortMapping);
        Property.IsHarmless(answer?.FaultText, "the router's message");
        Property.Holds(answer is null or { Values.Count: <= 32, Fault: null or (>= 0 and <= ushort.MaxValue) }, "the answer is small");
        IgdAnswer? hole = IgdCodec.Read(input, PinholeCodec.AddPinhole);
        _ = hole is null ? null : PinholeCodec.IdOf(hole);
        _ = hole is null ? null : PinholeCodec.IsWorking(hole);
        return answer is not null || hole is not null || services.Count > 0;
    }

    private static byte[] Envelope(string body) => Encoding.UTF8.GetBytes(
        $"<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>");
}
