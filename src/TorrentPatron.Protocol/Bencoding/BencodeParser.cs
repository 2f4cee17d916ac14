namespace TorrentPatron.Protocol.Bencoding;

/// <summary>Parses bytes into the tape of a <see cref="BencodeDocument"/>, in one pass and without recursion.</summary>
internal ref struct BencodeParser
{
    private const int NoContainer = -1;

    private readonly ReadOnlySpan<byte> _data;
    private readonly BencodeLimits _limits;
    private BencodeToken[] _tokens;
    private int _count;
    private int _position;
    private int _container;
    private int _depth;

    public BencodeParser(ReadOnlySpan<byte> data, BencodeLimits limits)
    {
        _data = data;
        _limits = limits;
        _tokens = new BencodeToken[Math.Clamp(data.Length / 8, 8, 4096)];
        _container = NoContainer;
    }

    /// <summary>Parses one value; <paramref name="consumed"/> is its length in bytes.</summary>
    public BencodeToken[] Parse(out int consumed)
    {
        do
        {
            ReadToken();
        }
        while (_container != NoContainer);

        consumed = _position;
        return _tokens;
    }

    private void ReadToken()
    {
        if (_position >= _data.Length)
            throw Truncated();

        byte first = _data[_position];
        if (first == 'e' && _container != NoContainer)
        {
            Close();
            return;
        }

        bool isDigit = first is >= (byte)'0' and <= (byte)'9';
        if (!isDigit)
            RefuseAsKey();

        switch (first)
        {
            case (byte)'i':
                ReadInteger();
                break;
            case (byte)'l':
                Open(BencodeKind.List);
                break;
            case (byte)'d':
                Open(BencodeKind.Dictionary);
                break;
            default:
                if (!isDigit)
                    throw new BencodeException($"The byte 0x{first:x2} at offset {_position} does not begin a value.", _position);
                ReadString();
                break;
        }
    }

    private readonly void RefuseAsKey()
    {
        if (_container != NoContainer
            && _tokens[_container].Kind == BencodeKind.Dictionary
            && _tokens[_container].Detail % 2 == 0)
        {
            throw new BencodeException($"The dictionary key at offset {_position} is not a string.", _position);
        }
    }

    private void ReadInteger()
    {
        int start = _position++;
        bool isNegative = _position < _data.Length && _data[_position] == '-';
        if (isNegative)
            _position++;

        int firstDigit = _position;
        ulong bound = isNegative ? 1UL << 63 : long.MaxValue;
        ReadDigits(bound, start, "The integer at offset {0} does not fit into 64 bits.");
        if (_position >= _data.Length)
            throw Truncated();
        if (_data[_position] != 'e' || _position == firstDigit)
            throw new BencodeException($"The integer at offset {start} is not written in decimal digits.", start);

        _position++;
        Add(BencodeKind.Integer, start, _position - start, detail: 0);
    }

    private void ReadString()
    {
        int start = _position;
        ulong length = ReadDigits(int.MaxValue, start, "The string at offset {0} claims to be longer than 2 GiB.");
        if (_position >= _data.Length)
            throw Truncated();
        if (_data[_position] != ':')
            throw new BencodeException($"The length of the string at offset {start} is not followed by a colon.", start);

        _position++;
        if (length > (ulong)(_data.Length - _position))
            throw Truncated();

        int header = _position - start;
        _position += (int)length;
        Add(BencodeKind.String, start, _position - start, header);
    }

    private ulong ReadDigits(ulong bound, int start, string tooLarge)
    {
        ulong value = 0;
        for (; _position < _data.Length; _position++)
        {
            uint digit = (uint)_data[_position] - '0';
            if (digit > 9)
                break;
            if (value > (bound - digit) / 10)
                throw new BencodeException(string.Format(null, tooLarge, start), start);
            value = (value * 10) + digit;
        }

        return value;
    }

    private void Open(BencodeKind kind)
    {
        if (_depth >= _limits.MaxDepth)
        {
            throw new BencodeException(
                $"At offset {_position} lists and dictionaries are nested more than {_limits.MaxDepth} deep.",
                _position);
        }

        _depth++;
        int index = _count;
        Add(kind, _position++, _container, detail: 0);
        _container = index;
    }

    private void Close()
    {
        ref BencodeToken token = ref _tokens[_container];
        if (token.Kind == BencodeKind.Dictionary && token.Detail % 2 != 0)
            throw new BencodeException($"The dictionary ends at offset {_position} with a key that has no value.", _position);

        _position++;
        int parent = token.Length;
        token.Length = _position - token.Offset;
        token.Span = _count - _container;
        _container = parent;
        _depth--;
    }

    private void Add(BencodeKind kind, int offset, int length, int detail)
    {
        if (_count >= _limits.MaxTokens)
            throw new BencodeException($"There are more than {_limits.MaxTokens} values.", offset);
        if (_count == _tokens.Length)
            Grow();
        if (_container != NoContainer)
            _tokens[_container].KindAndDetail += 1 << 3;

        _tokens[_count++] = new BencodeToken
        {
            Offset = offset,
            Length = length,
            Span = 1,
            KindAndDetail = (int)kind | (detail << 3),
        };
    }

    /// <summary>Grows the tape to the size needed if the rest is like the part already parsed, and some more.</summary>
    private void Grow()
    {
        long expected = (long)_count * _data.Length / _position;
        Array.Resize(ref _tokens, (int)Math.Clamp(expected + expected / 8, _count * 2, Math.Max(_limits.MaxTokens, _count * 2)));
    }

    private readonly BencodeException Truncated() =>
        new($"The data ends at offset {_data.Length}, in the middle of a value.", _data.Length, isTruncated: true);
}
