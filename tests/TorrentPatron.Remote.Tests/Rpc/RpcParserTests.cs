using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Tests.Rpc;

public sealed class RpcParserTests
{
    // The examples of the specification (https://www.jsonrpc.org/specification, section 7), where they are not batches.
    [Theory]
    [InlineData("""{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}""", "request 1 subtract [42, 23]")]
    [InlineData("""{"jsonrpc": "2.0", "result": 19, "id": 1}""", "response 1 19")]
    [InlineData("""{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42}, "id": 3}""", """request 3 subtract {"minuend": 42}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}""", "notification update [1,2,3,4,5]")]
    [InlineData("""{"jsonrpc": "2.0", "method": "foobar"}""", "notification foobar ")]
    [InlineData("""{"jsonrpc": "2.0", "method": "foobar", "id": "1"}""", "request \"1\" foobar ")]
    [InlineData("""{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}""", "error \"1\" -32601")]
    [InlineData("""{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]""", "invalid  -32700")]
    [InlineData("""{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}""", "error  -32700")]
    [InlineData("""{"jsonrpc": "2.0", "method": 1, "params": "bar"}""", "invalid  -32600")]
    [InlineData("[]", "invalid  -32600")]
    [InlineData("[1]", "invalid  -32600")]
    [InlineData("""[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}]""", "invalid  -32600")]
    [InlineData("""[{"jsonrpc": "2.0", "method": "sum", "id": "1"},{"jsonrpc": "2.0", "method" ]""", "invalid  -32700")]
    public void The_examples_of_the_specification_are_read(string line, string expected) => Assert.Equal(expected, Describe(line));

    [Theory]
    [InlineData("""{"params":{"a":1},"id":7,"method":"m","jsonrpc":"2.0"}""", """request 7 m {"a":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"m","later":{"x":[1,{"id":9}]},"more":null}""", "request 7 m ")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"m","params":null}""", "request 7 m ")]
    [InlineData("""{"json\u0072pc":"2.0","id":7,"m\u0065thod":"\u006d"}""", "request 7 m ")]
    [InlineData("""{"jsonrpc":"2.0","id":-1,"method":"m"}""", "request -1 m ")]
    [InlineData("""{"jsonrpc":"2.0","id":1e400,"method":"m"}""", "request 1e400 m ")]
    [InlineData("""{"jsonrpc":"2.0","id":12345678901234567890,"method":"m"}""", "request 12345678901234567890 m ")]
    [InlineData("""{"jsonrpc":"2.0","id":"\ud800","method":"m"}""", """request "\ud800" m """)]
    [InlineData("""{"jsonrpc":"2.0","id":3,"result":null}""", "response 3 null")]
    public void Everything_the_specification_allows_is_accepted(string line, string expected) => Assert.Equal(expected, Describe(line));

    [Theory]
    [InlineData("", "invalid  -32700")]
    [InlineData("{}", "invalid  -32600")]
    [InlineData("null", "invalid  -32600")]
    [InlineData("12", "invalid  -32600")]
    [InlineData("{} {}", "invalid  -32700")]
    [InlineData("[] []", "invalid  -32700")]
    [InlineData("{", "invalid  -32700")]
    [InlineData("""{"jsonrpc":"2.0",}""", "invalid  -32700")]
    [InlineData("""{"jsonrpc":"2.0"/*comment*/}""", "invalid  -32700")]
    [InlineData("\uFEFF{}", "invalid  -32700")]
    [InlineData("""{"jsonrpc":"1.0","id":7,"method":"m"}""", "invalid 7 -32600")]
    [InlineData("""{"id":7,"method":"m"}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"m"}""", "invalid  -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":true,"method":"m"}""", "invalid  -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"m"}""", "invalid  -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"id":8,"method":"m"}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"m","\ud800":1,"\ud800\u0061":{}}""", "request 7 m ")]
    [InlineData("""{"jsonrpc":"\ud800","id":7,"method":"m"}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2\u002e0","\u0069\u0064":7,"metho\u0064":"m"}""", "request 7 m ")]
    [InlineData("""{"jsonrpc":"2.0","i\u0064x":7,"\"method":"m"}""", "invalid  -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"a","method":"b"}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"m","params":1}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"\udc00"}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"m","result":1}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7}""", "invalid 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":1,"error":{"code":1,"message":""}}""", "invalid answer 7 -32600")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":null}""", "invalid answer 7 -32600")]
    [InlineData("""{"id":7,"result":1}""", "invalid answer 7 -32600")]
    public void Invalid_messages_are_refused_and_responses_recognized(string line, string expected) => Assert.Equal(expected, Describe(line));

    [Fact]
    public void Text_that_is_not_UTF8_is_not_JSON()
    {
        byte[] line = [.. """{"jsonrpc":"2.0","id":7,"method":"m","params":{"a":" """u8, 0xC3, 0x28, .. "\"}}"u8];
        Assert.Equal(RpcErrorCode.ParseError, Assert.IsType<RpcInvalid>(RpcParser.Parse(line)).Code);
    }

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    [InlineData(100_000, false)]
    public void Nesting_ends_at_32(int depth, bool isTaken)
    {
        string line = $$"""{"jsonrpc":"2.0","method":"m","params":{{new string('[', depth)}}{{new string(']', depth)}}}""";
        Assert.Equal(isTaken, Parse(line) is RpcNotification);
        Assert.Equal(isTaken, Parse(line) is not RpcInvalid { Code: RpcErrorCode.ParseError });
    }

    [Theory]
    [InlineData("\"", 126, "\"", true)]
    [InlineData("\"", 127, "\"", false)]
    [InlineData("", 128, "", true)]
    [InlineData("", 129, "", false)]
    public void An_id_is_at_most_128_bytes(string before, int length, string after, bool isTaken)
    {
        string id = before + new string('1', length) + after;
        RpcMessage message = Parse($$"""{"jsonrpc":"2.0","id":{{id}},"method":"m"}""");
        if (isTaken)
            Assert.Equal(id, Assert.IsType<RpcRequest>(message).Id.ToString());
        else
            Assert.Equal(new RpcInvalid(null, RpcErrorCode.InvalidRequest), message);
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_method_has_at_most_128_bytes(int length, bool isTaken) =>
        Assert.Equal(isTaken, Parse($$"""{"jsonrpc":"2.0","id":1,"method":"{{new string('m', length)}}"}""") is RpcRequest);

    [Fact]
    public void An_error_of_the_service_is_read_with_its_remedy_and_made_safe_to_print()
    {
        RpcMessage message = Parse(
            """{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"x","data":{"later":[1],"remedy":"Do \u001b[1mthis.","id":"TorrentInUse","message":"It runs."}}}""");
        Assert.Equal(
            new RpcErrorResponse(new RpcId(1), new RpcError(RpcErrorCode.Failed, new TorrentError("TorrentInUse", "It runs.", "Do [1mthis."))), message);
    }

    [Theory]
    [InlineData("""{"code":-32000,"data":{"id":"not an id","message":"m"}}""")]
    [InlineData("""{"code":-32000,"data":{"id":"Id"}}""")]
    [InlineData("""{"code":-32000,"data":{"id":{"x":1},"message":["m"]}}""")]
    [InlineData("""{"code":-32000,"data":"text"}""")]
    [InlineData("""{"code":-32000,"data":{"id":"Id","message":"\ud800"}}""")]
    public void Invalid_error_data_are_ignored(string error) => Assert.Equal(
        new RpcErrorResponse(new RpcId(1), new RpcError(RpcErrorCode.Failed)), Parse($$"""{"jsonrpc":"2.0","id":1,"error":{{error}}}"""));

    private static RpcMessage Parse(string line) => RpcParser.Parse(Encoding.UTF8.GetBytes(line));

    private static string Describe(string line) => Parse(line) switch
    {
        RpcRequest m => $"request {m.Id} {m.Method} {Text(m.Params)}",
        RpcNotification m => $"notification {m.Method} {Text(m.Params)}",
        RpcResponse m => $"response {m.Id} {Text(m.Result)}",
        RpcErrorResponse m => $"error {m.Id} {m.Error.Code}",
        RpcInvalid m => $"invalid {(m.IsResponse ? "answer " : "")}{m.Id} {m.Code}",
        var other => other.ToString(),
    };

    private static string Text(RpcValue value) => Encoding.UTF8.GetString(value.Json.Span);
}
