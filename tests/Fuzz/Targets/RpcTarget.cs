using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>
/// Data of clients of a shared service: the first byte determines how the rest is split into reads. It goes through the line reader, the
/// parser, and a whole connection after hello.
/// </summary>
internal sealed class RpcTarget : IFuzzTarget
{
    private const int MaxLine = 2048;

    private static readonly RpcMethod<Hello, Hello> Echo = Hello.Method with { Name = "echo" };
    private static readonly RpcMethod<Hello, Hello> Later = Hello.Method with { Name = "later" };
    private static readonly RpcMethod<Hello, Hello> Fault = Hello.Method with { Name = "fault" };
    private static readonly RpcOptions Options = RpcOptions.Service with { MaxReceivedLine = MaxLine };

    public string Name => "rpc";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            .. new[]
            {
                """
                {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"minimum":1,"features":["a","b"],"program":"pwsh","version":"1.0.0","processId":7}}
                {"jsonrpc":"2.0","id":"two","method":"echo","params":{"protocol":5,"features":[]}}
                {"jsonrpc":"2.0","id":3,"method":"later","params":{}}
                {"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3}}
                {"jsonrpc":"2.0","id":4,"method":"fault"}

                """,
                """
                {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}
                {"jsonrpc":"2.0","method":"$/cancelRequest"}
                {"jsonrpc":"2.0","id":2,"method":"no","params":[1,2]}
                {"jsonrpc":"2.0","id":2.5e3,"result":{"x":[null,true]}}
                {"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"m","data":{"id":"TorrentInUse","message":"It runs.","remedy":"Stop it."}}}
                {"jsonrpc":"2.0","method":"$/closing","params":{"id":"ServiceUnavailable","message":"Ends.","remedy":"None."}}

                """,
                """
                {"id":9,"later":{"a":[{"b":"größe 日本 \ud83d\ude00 \u0000"}]},"params":null,"method":"h\u0065llo","jsonrpc":"2.0"}

                [{"jsonrpc":"2.0","id":1,"method":"echo"}]
                {"jsonrpc":"2.0","id":{},"method":"echo"}

                """,
                $$$"""
                {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}
                {"jsonrpc":"2.0","id":1,"method":"later","params":{"x":{{{new string('[', 29)}}}{{{new string(']', 29)}}}}}
                {"jsonrpc":"2.0","id":"{{{new string('i', 126)}}}","method":"echo","params":{"program":"{{{new string('p', 1700)}}}"}}

                """,
            }.SelectMany(text => new[] { (byte)0, (byte)3, (byte)100 }.Select(size => (byte[])[size, .. Encoding.UTF8.GetBytes(text)])),
        ],
        [
            .. new[]
            {
                "\n", "{", "}", "[", "]", "\"", "\\", "\\u", "\\ud800", ",", ":", "null", "1e999", "-0", "\"id\":", "\"id\":1,", "\"method\":\"echo\",",
                "\"jsonrpc\":\"2.0\",", "\"params\":{", "\"result\":", "\"error\":{", "\r\n", "\uFEFF", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"later\"}\n",
            }.Select(Encoding.UTF8.GetBytes),
        ]);

    // A line of one byte costs two exceptions: ours, and that of the parser it is compared with.
    public long AllowedBytes(int length) => 512 * 1024 + (2000L * length);

    public double Share => 0.5;

    public bool Run(byte[] input)
    {
        if (input.Length == 0)
            return false;
        byte[] stream = input[1..];
        List<byte[]> lines = Lines(stream, int.MaxValue, out bool isTooLong);
        List<byte[]> inParts = Lines(stream, input[0] + 1, out bool isTooLongInParts);
        Property.Holds(isTooLong == isTooLongInParts && lines.Count == inParts.Count, "lines do not depend on how they arrived");
        var ids = new HashSet<RpcId>();
        int requests = 0, refused = 0;
        bool isSound = lines.Count > 0;
        for (int i = 0; i < lines.Count; i++)
        {
            Property.Same(lines[i], inParts[i], "a line does not depend on how it arrived");
            Property.Holds(lines[i].Length <= MaxLine && !lines[i].Contains((byte)'\n'), "a line is bounded");
            RpcMessage message = RpcParser.Parse(lines[i]);
            Check(lines[i], message);
            isSound &= message is not RpcInvalid;
            if (message is RpcRequest request)
            {
                requests++;
                ids.Add(request.Id);
            }
            else if (message is RpcInvalid { IsResponse: false } invalid)
            {
                refused++;
                if (invalid.Id is { } id)
                    ids.Add(id);
            }
        }

        List<byte[]> answers = Serve(input);
        Property.Holds(answers.Count <= requests + refused + 1, "nothing is answered twice");
        foreach (byte[] line in answers)
        {
            RpcMessage answer = RpcParser.Parse(line);
            switch (answer)
            {
                case RpcResponse response:
                    Property.Holds(ids.Contains(response.Id), "an answer has the id of its request");
                    break;
                case RpcErrorResponse error:
                    Property.Holds(error.Id is not { } id || ids.Contains(id), "an error has the id of its request");
                    Property.Holds(Encoding.UTF8.GetString(line).Contains(RpcErrorCode.TextOf(error.Error.Code), StringComparison.Ordinal)
                        || error.Error is { Code: RpcErrorCode.Failed, Details: not null }, "an error has its fixed text");
                    break;
                default:
                    Property.Holds(answer is RpcNotification { Method: RpcMessages.ClosingMethod } && line == answers[^1], "the last line gives the reason");
                    break;
            }
        }

        return isSound;
    }

    private static void Check(byte[] line, RpcMessage message)
    {
        bool isJson = IsJson(line);
        Property.Holds(isJson == message is not RpcInvalid { Code: RpcErrorCode.ParseError }, "exactly the valid JSON is recognised");
        switch (message)
        {
            case RpcRequest request:
                Property.Holds(request.Method.Length <= RpcLimits.MaxMethodBytes && request.Id.ToString().Length <= RpcLimits.MaxIdBytes, "names and ids are short");
                CheckWritten(request.Id);
                CheckValue(request.Params);
                break;
            case RpcNotification notification:
                CheckValue(notification.Params);
                if (RpcParser.TryReadId(notification.Params, out RpcId id))
                    CheckWritten(id);
                Property.IsHarmless(RpcParser.ReadError(notification.Params)?.ToString(), "a reason");
                break;
            case RpcErrorResponse { Error.Details: { } details }:
                Property.IsHarmless(details.ToString(), "an error");
                Property.Holds(details.Id.All(char.IsAsciiLetter), "an error's id is valid");
                break;
            case RpcInvalid invalid:
                Property.Holds(invalid.Code is RpcErrorCode.ParseError or RpcErrorCode.InvalidRequest, "an invalid message has one of two codes");
                if (invalid.Id is { } known)
                    CheckWritten(known);
                break;
        }
    }

    private static void CheckWritten(RpcId id)
    {
        using var writer = new LineWriter(MaxLine);
        RpcMessage again = RpcParser.Parse(writer.Write(id, static (json, sent) => RpcMessages.WriteError(json, sent, new RpcError(RpcErrorCode.InternalError)))[..^1]);
        Property.Holds(again is RpcErrorResponse { Id: { } back } && back == id, "the id of the answer is the id of the request");
    }

    private static void CheckValue(RpcValue value)
    {
        Property.Holds(value.IsEmpty || IsJson(value.Json.Span), "params are JSON");
        if (value.TryRead(Hello.Method.Params, out Hello said))
            Property.IsHarmless(said.Cleaned().Program, "a program's name");
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.ToArray(), new JsonDocumentOptions { MaxDepth = RpcLimits.MaxDepth });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static List<byte[]> Lines(ReadOnlySpan<byte> stream, int size, out bool isTooLong, int maxLine = MaxLine)
    {
        var lines = new List<byte[]>();
        using var reader = new LineReader(maxLine);
        while (stream.Length > 0)
        {
            Span<byte> room = reader.GetRoom().Span;
            int count = Math.Min(Math.Min(size, stream.Length), room.Length);
            stream[..count].CopyTo(room);
            stream = stream[count..];
            reader.Advance(count);
            while (reader.TryRead(out ReadOnlyMemory<byte> line))
                lines.Add(line.ToArray());
            Property.Holds(reader.Capacity <= 4 * (maxLine + LineReader.LeastRoom), "memory is bounded");
            if (reader.IsTooLong)
                break;
        }

        isTooLong = reader.IsTooLong;
        return lines;
    }

    /// <summary>Runs a connection that receives only the input.</summary>
    /// <returns>The sent data.</returns>
    private static List<byte[]> Serve(byte[] input)
    {
        using var stream = new ScriptedStream(input.AsMemory(1), input[0] + 1);
        var gate = new HelloGate(Hello.OfThisProcess("a"), _ => new RpcMethodTable()
            .Add(Echo, (said, _) => ValueTask.FromResult(said))
            .Add(Later, async (said, token) =>
            {
                await Task.Yield();
                token.ThrowIfCancellationRequested();
                return said;
            })
            .Add(Fault, (_, _) => throw new PropertyException("A fault in a handler.")));
        var connection = new RpcConnection(stream, gate, Options);
        connection.Start();
        Property.Holds(connection.Drained.Wait(TimeSpan.FromSeconds(15)), "a connection ends when its stream does");
        Property.Holds(connection.Completion.IsCompletedSuccessfully, "the reason is given");
        Property.Holds(connection.Completion.Result.Cause != RpcClosureCause.Fault, "the connection does not end by a fault");
        return Lines(stream.Written, int.MaxValue, out _, RpcLimits.MaxLineToClient);
    }

    /// <summary>A stream that is read in parts, then ends; it keeps written data.</summary>
    private sealed class ScriptedStream(ReadOnlyMemory<byte> input, int size) : Stream
    {
        private readonly Lock _gate = new();
        private readonly List<byte> _written = [];
        private ReadOnlyMemory<byte> _left = input;

        public byte[] Written
        {
            get
            {
                lock (_gate)
                    return [.. _written];
            }
        }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(Math.Min(size, _left.Length), buffer.Length);
            _left[..count].CopyTo(buffer);
            _left = _left[count..];
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_gate)
                _written.AddRange(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
