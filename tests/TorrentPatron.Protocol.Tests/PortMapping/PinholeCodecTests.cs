using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Xml.Linq;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Protocol.Tests.PortMapping;

public sealed class PinholeCodecTests
{
    private static readonly IgdService Service = new(IgdService.Firewall, new Uri("http://[2001:db8::1]:5000/ctl/IP6FCtl"));

    [Fact]
    public void A_request_for_a_hole_has_its_arguments_in_order()
    {
        XElement action = ActionOf(PinholeCodec.WriteAdd(Service, ProtocolType.Udp, IPAddress.Parse("2001:db8::5"), 6881, 3_600));

        Assert.Equal(XName.Get("AddPinhole", Service.Type), action.Name);
        Assert.Equal(
            [("RemoteHost", ""), ("RemotePort", "0"), ("InternalClient", "2001:db8::5"), ("InternalPort", "6881"), ("Protocol", "17"), ("LeaseTime", "3600")],
            action.Elements().Select(argument => (argument.Name.LocalName, argument.Value)));
    }

    [Fact]
    public void The_other_requests_name_the_hole()
    {
        XElement update = ActionOf(PinholeCodec.WriteUpdate(Service, 7, 60));
        Assert.Equal(("UpdatePinhole", "7", "60"), (update.Name.LocalName, update.Element("UniqueID")!.Value, update.Element("NewLeaseTime")!.Value));
        XElement delete = ActionOf(PinholeCodec.WriteDelete(Service, 65_535));
        Assert.Equal(("DeletePinhole", "65535"), (delete.Name.LocalName, delete.Element("UniqueID")!.Value));
        XElement check = ActionOf(PinholeCodec.WriteCheck(Service, 0));
        Assert.Equal(("CheckPinholeWorking", "0"), (check.Name.LocalName, check.Element("UniqueID")!.Value));
    }

    [Theory]
    [InlineData("<UniqueID>7</UniqueID>", (ushort)7)]
    [InlineData("<UniqueID>65536</UniqueID>", null)]
    [InlineData("<UniqueID>-1</UniqueID>", null)]
    [InlineData("", null)]
    public void The_number_of_a_hole_is_read(string values, ushort? id) => Assert.Equal(id, PinholeCodec.IdOf(Answer("AddPinhole", values)));

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("0", false)]
    [InlineData("perhaps", null)]
    public void Whether_a_hole_works_is_read(string text, bool? isWorking) =>
        Assert.Equal(isWorking, PinholeCodec.IsWorking(Answer("CheckPinholeWorking", $"<IsWorking>{text}</IsWorking>")));

    [Fact]
    public void A_firewall_is_found_in_a_description_by_its_type_alone()
    {
        byte[] description = Encoding.UTF8.GetBytes(
            "<root><device><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:2</serviceType><controlURL>/ip</controlURL></service>"
            + $"<service><serviceType>{IgdService.Firewall}</serviceType><controlURL>/fw</controlURL></service></device></root>");
        var location = new Uri("http://[2001:db8::1]:5000/rootDesc.xml");

        Assert.Equal("http://[2001:db8::1]:5000/fw", Assert.Single(IgdDescription.Read(description, location, [IgdService.Firewall])).Control.ToString());
        Assert.Equal("http://[2001:db8::1]:5000/ip", Assert.Single(IgdDescription.Read(description, location)).Control.ToString());
    }

    private static IgdAnswer Answer(string action, string values) => IgdCodec.Read(
        Encoding.UTF8.GetBytes($"<s:Envelope xmlns:s=\"s\" xmlns:u=\"u\"><s:Body><u:{action}Response>{values}</u:{action}Response></s:Body></s:Envelope>"), action)!;

    private static XElement ActionOf(byte[] request) => XDocument.Parse(Encoding.UTF8.GetString(request)).Root!.Elements().Single().Elements().Single();
}
