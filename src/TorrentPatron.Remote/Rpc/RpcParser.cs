using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Reads a line as a JSON-RPC 2.0 message. Pure; accepts any bytes and never throws.</summary>
internal static class RpcParser
{
    private const int MostErrorIdChars = 64;
    private const int MostErrorChars = 4096;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = RpcLimits.MaxDepth };

    private static readonly RpcInvalid NotJson = new(null, RpcErrorCode.ParseError);
    private static readonly RpcInvalid NotRpc = new(null, RpcErrorCode.InvalidRequest);

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its LF.</param>
    /// <returns>The message; <see cref="RpcInvalid"/> if it is invalid.</returns>
    public static RpcMessage Parse(ReadOnlyMemory<byte> line)
    {
        // The JSON reader does not validate strings, and would throw when one is decoded.
        if (!Utf8.IsValid(line.Span))
            return NotJson;
        try
        {
            var reader = new Utf8JsonReader(line.Span, Options);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return reader.Read() ? NotJson : NotRpc;
            }

            var members = new Members(line);
            members.Read(ref reader);
            return reader.Read() ? NotJson : members.ToMessage();
        }
        catch (JsonException)
        {
            return NotJson;
        }
    }

    /// <summary>Reads the id of the request to cancel.</summary>
    /// <param name="value">The params of the notification.</param>
    /// <param name="id">The id.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryReadId(RpcValue value, out RpcId id)
    {
        id = default;
        bool isThere = false;
        if (value.IsEmpty)
            return false;
        var reader = new Utf8JsonReader(value.Json.Span, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = Is(ref reader, "id"u8);
            reader.Read();
            int begin = (int)reader.TokenStartIndex;
            bool isFit = reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
            reader.Skip();
            if (!isId || !isFit || reader.BytesConsumed - begin > RpcLimits.MaxIdBytes)
                continue;
            id = RpcId.FromJson(value.Json.Span[begin..(int)reader.BytesConsumed]);
            isThere = true;
        }

        return isThere;
    }

    /// <summary>Reads the other side's reason for ending the connection.</summary>
    /// <param name="value">The params of the notification.</param>
    /// <returns>The reason; null if it is invalid.</returns>
    public static TorrentError? ReadError(RpcValue value)
    {
        if (value.IsEmpty)
            return null;
        var reader = new Utf8JsonReader(value.Json.Span, Options);
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? ReadDetails(ref reader) : null;
    }

    /// <summary>The known members of a message.</summary>
    private ref struct Members(ReadOnlyMemory<byte> line)
    {
        private bool _isVersion2;
        private bool _isBroken;
        private Seen _seen;
        private RpcId? _id;
        private string? _method;
        private RpcValue _params;
        private RpcValue _result;
        private RpcError? _error;

        [Flags]
        private enum Seen
        {
            None = 0,
            Version = 1,
            Id = 2,
            Method = 4,
            Params = 8,
            Result = 16,
            Error = 32,
        }

        public void Read(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                Seen member = MemberOf(ref reader);
                reader.Read();
                // Readers differ in how they treat a duplicate member, so it is invalid.
                if ((_seen & member) != 0)
                {
                    _isBroken = true;
                    reader.Skip();
                    continue;
                }

                _seen |= member;
                switch (member)
                {
                    case Seen.Version:
                        _isVersion2 = reader.TokenType == JsonTokenType.String && Is(ref reader, "2.0"u8);
                        reader.Skip();
                        break;
                    case Seen.Id:
                        ReadId(ref reader);
                        break;
                    case Seen.Method:
                        _method = ReadName(ref reader);
                        break;
                    case Seen.Params:
                        ReadParams(ref reader);
                        break;
                    case Seen.Result:
                        _result = ReadValue(ref reader);
                        break;
                    case Seen.Error:
                        _error = ReadError(ref reader);
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }

        public readonly RpcMessage ToMessage()
        {
            bool isAnswer = (_seen & (Seen.Result | Seen.Error)) != 0;
            if (_isBroken || !_isVersion2 || (isAnswer && (_seen & Seen.Method) != 0))
                return Invalid();
            if ((_seen & Seen.Method) != 0)
            {
                if (_method is null || ((_seen & Seen.Id) != 0 && _id is null))
                    return Invalid();
                return _id is { } asked ? new RpcRequest(asked, _method, _params) : new RpcNotification(_method, _params);
            }

            if (_error is not null && (_seen & Seen.Result) == 0 && (_seen & Seen.Id) != 0)
                return new RpcErrorResponse(_id, _error);
            return _id is { } id && !_result.IsEmpty && (_seen & Seen.Error) == 0 ? new RpcResponse(id, _result) : Invalid();
        }

        private readonly RpcInvalid Invalid() => new(
            _id, RpcErrorCode.InvalidRequest, IsResponse: (_seen & Seen.Method) == 0 && (_seen & (Seen.Result | Seen.Error)) != 0);

        private static Seen MemberOf(ref Utf8JsonReader reader) =>
            Is(ref reader, "jsonrpc"u8) ? Seen.Version
            : Is(ref reader, "id"u8) ? Seen.Id
            : Is(ref reader, "method"u8) ? Seen.Method
            : Is(ref reader, "params"u8) ? Seen.Params
            : Is(ref reader, "result"u8) ? Seen.Result
            : Is(ref reader, "error"u8) ? Seen.Error
            : Seen.None;

        private void ReadId(ref Utf8JsonReader reader)
        {
            bool isFit = reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
            ReadOnlySpan<byte> json = ReadValue(ref reader).Json.Span;
            if (isFit && json.Length <= RpcLimits.MaxIdBytes)
                _id = RpcId.FromJson(json);
            else if (isFit)
                _isBroken = true;
        }

        private void ReadParams(ref Utf8JsonReader reader)
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                _params = ReadValue(ref reader);
                return;
            }

            // Some clients send null for missing params.
            _isBroken |= reader.TokenType != JsonTokenType.Null;
        }

        private readonly RpcValue ReadValue(ref Utf8JsonReader reader)
        {
            int begin = (int)reader.TokenStartIndex;
            reader.Skip();
            return new RpcValue(line[begin..(int)reader.BytesConsumed]);
        }

        private static string? ReadName(ref Utf8JsonReader reader)
        {
            bool isName = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= RpcLimits.MaxMethodBytes;
            reader.Skip();
            return isName ? Text(ref reader, RpcLimits.MaxMethodBytes) : null;
        }

        /// <summary>Reads an error of the other side; ignores missing and invalid members.</summary>
        private static RpcError? ReadError(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return null;
            }

            int code = RpcErrorCode.InternalError;
            TorrentError? details = null;
            bool seenData = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isCode = Is(ref reader, "code"u8), isData = Is(ref reader, "data"u8);
                reader.Read();
                if (isCode && reader.TokenType == JsonTokenType.Number)
                    code = reader.TryGetInt32(out int number) ? number : code;
                else if (isData && !seenData && reader.TokenType == JsonTokenType.StartObject)
                    (details, seenData) = (ReadDetails(ref reader), true);
                else
                    reader.Skip();
            }

            return new RpcError(code, details);
        }
    }

    private static TorrentError? ReadDetails(ref Utf8JsonReader reader)
    {
        string? id = null, message = null, remedy = null;
        bool seenId = false, seenMessage = false, seenRemedy = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = Is(ref reader, "id"u8), isMessage = Is(ref reader, "message"u8), isRemedy = Is(ref reader, "remedy"u8);
            reader.Read();
            // Each only once: an invalid text costs an exception.
            if (isId && !seenId)
                (id, seenId) = (Text(ref reader, MostErrorIdChars), true);
            else if (isMessage && !seenMessage)
                (message, seenMessage) = (Text(ref reader, MostErrorChars), true);
            else if (isRemedy && !seenRemedy)
                (remedy, seenRemedy) = (Text(ref reader, MostErrorChars), true);
            reader.Skip();
        }

        return id is { Length: > 0 } && id.All(char.IsAsciiLetter) && message is not null
            ? new TorrentError(id, DisplayText.Clean(message), DisplayText.Clean(remedy ?? "")) : null;
    }

    /// <summary>Whether a string or a name equals an ASCII text; .NET's own method throws on an escaped lone surrogate.</summary>
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> json = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
            return json.SequenceEqual(text);
        foreach (byte expected in text)
        {
            if (json.IsEmpty)
                return false;
            uint found = json[0];
            int length = 1;
            if (found == '\\')
            {
                const int EscapeBytes = 6; // \u0041
                if (json[1] != 'u' || !Utf8Parser.TryParse(json[2..EscapeBytes], out found, out _, 'x'))
                    return false;
                length = EscapeBytes;
            }

            if (found != expected)
                return false;
            json = json[length..];
        }

        return json.IsEmpty;
    }

    /// <summary>Reads a short string; null if it is something else, too long, or contains a lone surrogate.</summary>
    private static string? Text(ref Utf8JsonReader reader, int mostBytes)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > mostBytes)
            return null;
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // "\uD800": valid in JSON, but not as text.
            return null;
        }
    }
}
