using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Answers to a search for routers.</summary>
internal sealed class SsdpTarget : IFuzzTarget
{
    public string Name => "ssdp";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            [.. "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nUSN: uuid:1\r\nEXT:\r\n"u8,
                .. "LOCATION: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n"u8],
            [.. "HTTP/1.0 200 OK\r\nst:upnp:rootdevice\r\nLocation:http://[fe80::1]/d.xml\r\n\r\n"u8],
        ],
        [[.. "\r\n"u8], [.. ":"u8], [.. "LOCATION: "u8], [.. "http://"u8], [.. "HTTP/1."u8], [.. " 200"u8], [.. "@"u8]]);

    public long AllowedBytes(int length) => 32 * 1024 + (50L * length);

    public bool Run(byte[] input)
    {
        if (SsdpCodec.Read(input) is not { } answer)
            return false;
        Property.Holds(answer.Location is { IsAbsoluteUri: true, Scheme: "http", UserInfo: "" }, "an http address");
        Property.Holds(input.Length <= SsdpCodec.LongestAnswer, "the answer is short");
        return true;
    }
}
