using System.Text;
using TorrentPatron.Protocol.Proxies;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Proxies;

public sealed class HttpConnectHandshakeTests
{
    [Fact] // The example of RFC 9110, 9.3.6, and the credential of RFC 7617, 2.
    public void The_request_names_the_host_and_the_credential()
    {
        var side = new HttpConnectHandshake(new HostEndPoint("server.example.com", 80), new ProxyCredential("Aladdin", "open sesame"));
        Assert.Equal(
            "CONNECT server.example.com:80 HTTP/1.1\r\nHost: server.example.com:80\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
            Encoding.ASCII.GetString(side.TakeToSend()));
    }

    [Fact]
    public void An_IPv6_address_is_in_brackets() =>
        Assert.StartsWith(
            "CONNECT [2001:db8::1]:80 HTTP/1.1\r\n",
            Encoding.ASCII.GetString(new HttpConnectHandshake(new HostEndPoint("2001:db8::1", 80), null).TakeToSend()));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n")]
    [InlineData("HTTP/1.1 200\r\nA: b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\n\n")]
    public void Bytes_after_the_empty_line_belong_to_the_stream(string header)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(header), .. "\r\n\r\nstream"u8];
        var atOnce = new HttpConnectHandshake(new HostEndPoint("a", 80), null);
        Assert.Equal(ProxyHandshakeState.Done, atOnce.Receive(bytes));
        Assert.Equal("\r\n\r\nstream", Encoding.ASCII.GetString(atOnce.Received.Span));

        var inParts = new HttpConnectHandshake(new HostEndPoint("a", 80), null);
        int taken = 0;
        while (inParts.State == ProxyHandshakeState.Open)
            inParts.Receive(bytes.AsSpan(taken++, 1));
        Assert.Equal((ProxyHandshakeState.Done, header.Length), (inParts.State, taken));
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", ProxyFailure.CredentialRequired)]
    [InlineData("HTTP/1.1 403 Forbidden\r\n\r\n", ProxyFailure.Forbidden)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\n\r\n", ProxyFailure.HostUnreachable)]
    [InlineData("HTTP/1.1 504 Gateway Timeout\r\n\r\n", ProxyFailure.TimedOut)]
    [InlineData("HTTP/1.1 405 Method Not Allowed\r\n\r\n", ProxyFailure.CommandUnsupported)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", ProxyFailure.General)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", ProxyFailure.General)]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", ProxyFailure.NotAProxy)]
    [InlineData("HTTP/1.1\r\n\r\n", ProxyFailure.NotAProxy)]
    [InlineData("SSH-2.0", ProxyFailure.NotAProxy)]
    public void Another_answer_fails(string answer, ProxyFailure failure)
    {
        var side = new HttpConnectHandshake(new HostEndPoint("a", 80), null);
        Assert.Equal(ProxyHandshakeState.Failed, side.Receive(Encoding.ASCII.GetBytes(answer)));
        Assert.Equal(failure, side.Failure);
    }

    [Fact]
    public void A_rejected_credential_is_distinguished_from_a_missing_one()
    {
        var side = new HttpConnectHandshake(new HostEndPoint("a", 80), new ProxyCredential("a", "b"));
        side.Receive("HTTP/1.1 407 No\r\n\r\n"u8);
        Assert.Equal(ProxyFailure.CredentialRefused, side.Failure);
    }

    [Fact]
    public void An_endless_header_fails()
    {
        var side = new HttpConnectHandshake(new HostEndPoint("a", 80), null);
        side.Receive("HTTP/1.1 200 OK\r\n"u8);
        int received = 0;
        while (side.State == ProxyHandshakeState.Open && received < 2 * HttpConnectHandshake.MostHeaderBytes)
        {
            side.Receive("X: 1234567890\r\n"u8);
            received += 15;
        }

        Assert.Equal((ProxyHandshakeState.Failed, ProxyFailure.NotAProxy), (side.State, side.Failure));
        Assert.InRange(received, 0, HttpConnectHandshake.MostHeaderBytes);
    }

    [Theory]
    [InlineData("a\r\nEvil: yes")]
    [InlineData("a b")]
    [InlineData("ä.example")]
    public void A_host_that_would_add_to_the_header_is_refused(string host) =>
        Assert.Throws<ArgumentException>(() => new HttpConnectHandshake(new HostEndPoint(host, 80), null));

    [Fact]
    public void A_colon_in_the_user_is_refused() =>
        Assert.Throws<ArgumentException>(() => new HttpConnectHandshake(new HostEndPoint("a", 80), new ProxyCredential("a:b", "c")));
}
