using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Protocol.Tests.PortMapping;

public sealed class IgdTests
{
    private static readonly Uri Location = new("http://192.168.1.1:5000/rootDesc.xml");
    private static readonly IgdService Service = new(IgdService.Types[0], new Uri("http://192.168.1.1:5000/ctl/IPConn"));

    [Fact]
    public void A_descriptions_services_are_found_best_first()
    {
        IReadOnlyList<IgdService> services = Describe(
            Entry("WANPPPConnection:1", "/ppp") + Entry("WANCommonInterfaceConfig:1", "/common") + Entry("WANIPConnection:1", "/ctl/1") + Entry("WANIPConnection:2", "ctl/2"));

        Assert.Equal(
            ["http://192.168.1.1:5000/ctl/2", "http://192.168.1.1:5000/ctl/1", "http://192.168.1.1:5000/ppp"], services.Select(service => service.Control.ToString()));
        Assert.True(services[0].CanMapAny);
        Assert.False(services[1].CanMapAny);
    }

    [Theory]
    [InlineData("http://192.168.1.1:80/", "http://192.168.1.1/ctl")]
    [InlineData("http://127.0.0.1:80/", "http://192.168.1.1:5000/ctl")]
    [InlineData("not an address", "http://192.168.1.1:5000/ctl")]
    public void A_base_address_counts_only_at_the_router(string root, string control) =>
        Assert.Equal(control, Assert.Single(Describe(Entry("WANIPConnection:1", "/ctl"), $"<URLBase>{root}</URLBase>")).Control.ToString());

    [Theory]
    [InlineData("http://127.0.0.1:631/printers")]
    [InlineData("http://evil.example/ctl")]
    [InlineData("https://192.168.1.1/ctl")]
    [InlineData("file:///etc/passwd")]
    [InlineData("//10.0.0.1/ctl")]
    public void A_service_not_at_the_router_is_ignored(string control) => Assert.Empty(Describe(Entry("WANIPConnection:1", control)));

    [Theory]
    [InlineData("")]
    [InlineData("<root>")]
    [InlineData("not XML")]
    [InlineData("<!DOCTYPE root [<!ENTITY a \"b\">]><root><service><serviceType>&a;</serviceType></service></root>")]
    [InlineData("<!DOCTYPE root SYSTEM \"http://127.0.0.1/\"><root/>")]
    public void A_document_that_is_not_plain_XML_has_no_services(string text) => Assert.Empty(IgdDescription.Read(Encoding.UTF8.GetBytes(text), Location));

    [Fact]
    public void Deep_and_long_documents_are_refused()
    {
        string entry = Entry("WANIPConnection:1", "/ctl");
        Assert.Single(Describe(entry));
        Assert.Empty(Describe(string.Concat(Enumerable.Repeat("<a>", 40)) + entry + string.Concat(Enumerable.Repeat("</a>", 40))));
        Assert.Empty(Describe(string.Concat(Enumerable.Repeat("<a/>", 5_000)) + entry));
        Assert.Empty(Describe("<a>" + new string('a', 200_000) + "</a>" + entry));
        Assert.Equal(16, Describe(string.Concat(Enumerable.Repeat(entry, 40))).Count);
    }

    [Fact]
    public void A_request_for_a_mapping_has_its_arguments_in_order()
    {
        byte[] request = IgdCodec.WriteAdd(
            Service, IgdCodec.AddPortMapping, ProtocolType.Udp, 6881, 51413, IPAddress.Parse("192.168.1.5"), "a <b> & \"c\"", 3600);

        XElement action = XDocument.Parse(Encoding.UTF8.GetString(request)).Root!.Elements().Single().Elements().Single();
        Assert.Equal(XName.Get("AddPortMapping", Service.Type), action.Name);
        Assert.Equal(
            [
                ("NewRemoteHost", ""), ("NewExternalPort", "51413"), ("NewProtocol", "UDP"), ("NewInternalPort", "6881"), ("NewInternalClient", "192.168.1.5"),
                ("NewEnabled", "1"), ("NewPortMappingDescription", "a <b> & \"c\""), ("NewLeaseDuration", "3600"),
            ],
            action.Elements().Select(argument => (argument.Name.LocalName, argument.Value)));
        Assert.Equal("\"urn:schemas-upnp-org:service:WANIPConnection:2#AddPortMapping\"", IgdCodec.Header(Service, IgdCodec.AddPortMapping));
    }

    [Fact]
    public void Answers_are_read()
    {
        IgdAnswer? address = Answer(
            "GetExternalIPAddress", "<u:GetExternalIPAddressResponse xmlns:u=\"x\"><NewExternalIPAddress> 203.0.113.7 </NewExternalIPAddress></u:GetExternalIPAddressResponse>");
        Assert.NotNull(address);
        Assert.Null(address.Fault);
        Assert.Equal(IPAddress.Parse("203.0.113.7"), address.Address);
        Assert.Equal<ushort?>(
            51414, Answer("AddAnyPortMapping", "<u:AddAnyPortMappingResponse xmlns:u=\"x\"><NewReservedPort>51414</NewReservedPort></u:AddAnyPortMappingResponse>")!.ReservedPort);
        Assert.Null(Answer("AddPortMapping", "<u:AddPortMappingResponse xmlns:u=\"x\"/>")!.Fault);
    }

    [Fact]
    public void A_fault_has_its_number_and_a_harmless_text()
    {
        IgdAnswer? answer = Answer(
            "AddPortMapping",
            "<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\">"
                + "<errorCode>725</errorCode><errorDescription>Only&#x202E;PermanentLeasesSupported</errorDescription></UPnPError></detail></s:Fault>");

        Assert.NotNull(answer);
        Assert.Equal(IgdAnswer.OnlyPermanentLeases, answer.Fault);
        Assert.Equal(DisplayText.Clean(answer.FaultText!), answer.FaultText);
    }

    [Theory]
    [InlineData("<u:DeletePortMappingResponse xmlns:u=\"x\"/>")]
    [InlineData("<s:Fault><errorCode>many</errorCode></s:Fault>")]
    [InlineData("")]
    public void An_answer_to_another_request_is_ignored(string body) => Assert.Null(Answer("AddPortMapping", body));

    private static IgdAnswer? Answer(string action, string body) => IgdCodec.Read(
        Encoding.UTF8.GetBytes($"<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>"), action);

    private static IReadOnlyList<IgdService> Describe(string services, string before = "") => IgdDescription.Read(
        Encoding.UTF8.GetBytes($"<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\">{before}<device><serviceList>{services}</serviceList></device></root>"),
        Location);

    private static string Entry(string type, string control) =>
        $"<service><serviceType>urn:schemas-upnp-org:service:{type}</serviceType><serviceId>x</serviceId><controlURL>{control}</controlURL></service>";
}
