using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>
/// A torrent with one fault, and the expected result: refused with a reason, or read and repaired. The rule: if careful
/// mainstream clients read it, it is read, and its info hash is that of the original bytes; if it makes no sense, it is refused.
/// </summary>
/// <param name="Name">The fault.</param>
/// <param name="Text">The file; each character is a byte.</param>
/// <param name="Fault">The reason of the refusal; null: it is read.</param>
/// <param name="Paths">The files' paths if it is read; null: not checked.</param>
/// <param name="Elsewhere">Why libtorrent's result differs; null: it does not.</param>
public sealed record MalformedTorrent(string Name, string Text, MetainfoFault? Fault, string[]? Paths = null, string? Elsewhere = null)
{
    private const string Hash = "20:aaaaaaaaaaaaaaaaaaaa";
    private const string Rest = "12:piece lengthi16384e6:pieces" + Hash;

    /// <summary>All faults.</summary>
    public static IReadOnlyList<MalformedTorrent> All { get; } = [.. Missing(), .. WrongType(), .. Numbers(), .. Keys(), .. Lists(), .. Names(), .. Around()];

    /// <summary>The file's bytes.</summary>
    public byte[] Bytes => Encoding.Latin1.GetBytes(Text);

    private static MalformedTorrent Refused(string name, string text, MetainfoFault fault) => new(name, text, fault);

    private static MalformedTorrent Read(string name, string text, params string[] paths) => new(name, text, null, paths.Length == 0 ? null : paths);

    private static string Info(string info) => $"d4:infod{info}ee";

    private static string Files(string files, int pieces = 1) =>
        Info($"5:filesl{files}e4:name1:n12:piece lengthi16384e6:pieces{20 * pieces}:{new string('a', 20 * pieces)}");

    private static string Many(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static IEnumerable<MalformedTorrent> Missing() =>
    [
        Refused("no info", "de", MetainfoFault.MissingField),
        Refused("no name", Info("6:lengthi5e" + Rest), MetainfoFault.MissingField),
        Refused("no piece length", Info("6:lengthi5e4:name1:n6:pieces" + Hash), MetainfoFault.MissingField),
        Refused("no pieces", Info("6:lengthi5e4:name1:n12:piece lengthi16384e"), MetainfoFault.MissingField),
        Refused("neither length nor files", Info("4:name1:n" + Rest), MetainfoFault.MissingField),
        Refused("a file without length", Files("d4:pathl1:aee"), MetainfoFault.MissingField),
        Refused("a file without path", Files("d6:lengthi5ee"), MetainfoFault.MissingField),
        Refused("no files", Files("", 0), MetainfoFault.MissingField),
        Refused("v2 without file tree", Info("12:meta versioni2e4:name1:n12:piece lengthi16384e"), MetainfoFault.MissingField),
        Refused("v2 with an empty tree", Info("9:file treede12:meta versioni2e4:name1:n12:piece lengthi16384e"), MetainfoFault.MissingField),
        Read("no tracker", Info("6:lengthi5e4:name1:n" + Rest), "n"),
        new("no bytes", Info("6:lengthi0e4:name1:n12:piece lengthi16384e6:pieces0:"), null, ["n"],
            Elsewhere: "libtorrent knows no torrent without bytes; here its empty file is made"),
    ];

    private static IEnumerable<MalformedTorrent> WrongType() =>
    [
        Refused("a list in place of all", "le", MetainfoFault.NotATorrent),
        Refused("an info that is a string", "d4:info1:xe", MetainfoFault.InvalidField),
        Refused("a name that is a number", Info("6:lengthi5e4:namei1e" + Rest), MetainfoFault.InvalidField),
        Refused("a piece length that is a string", Info("6:lengthi5e4:name1:n12:piece length5:163846:pieces" + Hash), MetainfoFault.InvalidField),
        Refused("pieces that are a list", Info("6:lengthi5e4:name1:n12:piece lengthi16384e6:piecesle"), MetainfoFault.InvalidField),
        Refused("a length that is a string", Info("6:length1:54:name1:n" + Rest), MetainfoFault.InvalidField),
        Refused("files that are a dictionary", Info("5:filesde4:name1:n" + Rest), MetainfoFault.InvalidField),
        Refused("a file that is a list", Files("le"), MetainfoFault.InvalidField),
        Refused("a path that is a string", Files("d6:lengthi5e4:path1:ae"), MetainfoFault.InvalidField),
        Refused("a path with a number in it", Files("d6:lengthi5e4:pathli1eee"), MetainfoFault.InvalidField),
        Refused("a version of 3", Info("6:lengthi5e12:meta versioni3e4:name1:n" + Rest), MetainfoFault.UnsupportedVersion),
        Read("a tracker that is a number", "d8:announcei1e4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("trackers that are a string", "d13:announce-list8:http://x4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("a comment that is a list", "d7:commentle4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("a date that is a string", "d13:creation date3:now4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("a private that is a string", Info("6:lengthi5e4:name1:n" + Rest + "7:private1:1"), "n"),
        Read("web seeds that are a number", "d4:infod6:lengthi5e4:name1:n" + Rest + "e8:url-listi1ee", "n"),
        Read("DHT nodes that are a string", "d4:infod6:lengthi5e4:name1:n" + Rest + "e5:nodes1:xe", "n"),
        Read("DHT nodes that are not hosts and ports", "d4:infod6:lengthi5e4:name1:n" + Rest + "e5:nodesl1:xlel1:ael1:a1:beli1ei1eel1:ai0eel1:ai70000eel3:a bi1eeee", "n"),
        Read("attributes that are a number", Files("d4:attri1e6:lengthi5e4:pathl1:aee"), "n/a"),
        Read("a UTF-8 path that is a string", Files("d6:lengthi5e4:pathl1:ae10:path.utf-81:be"), "n/a"),
        Read("a UTF-8 name that is a number", Info("6:lengthi5e4:name1:n10:name.utf-8i1e" + Rest), "n"),
    ];

    private static IEnumerable<MalformedTorrent> Numbers() =>
    [
        Refused("a negative length", Info("6:lengthi-5e4:name1:n" + Rest), MetainfoFault.InvalidField),
        Refused("a negative piece length", Info("6:lengthi5e4:name1:n12:piece lengthi-1e6:pieces" + Hash), MetainfoFault.InvalidField),
        Refused("a piece length of 0", Info("6:lengthi5e4:name1:n12:piece lengthi0e6:pieces" + Hash), MetainfoFault.InvalidField),
        Refused("a piece length of 2 GiB", Info("6:lengthi5e4:name1:n12:piece lengthi2147483648e6:pieces" + Hash), MetainfoFault.InvalidField),
        Refused("a negative length of one of two files", Files("d6:lengthi-5e4:pathl1:aeed6:lengthi9e4:pathl1:bee"), MetainfoFault.InvalidField),
        Refused("lengths that overflow", Files($"d6:lengthi{long.MaxValue}e4:pathl1:aeed6:lengthi9e4:pathl1:bee"), MetainfoFault.InvalidField),
        Refused("a length beyond 64 bits", Info("6:lengthi9223372036854775808e4:name1:n" + Rest), MetainfoFault.NotATorrent),
        Refused("more pieces than anybody has", Info($"6:lengthi{long.MaxValue}e4:name1:n" + Rest), MetainfoFault.TooManyPieces),
        Refused("no hash for bytes", Info("6:lengthi5e4:name1:n12:piece lengthi16384e6:pieces0:"), MetainfoFault.WrongPieceCount),
        Refused("half a hash", Info("6:lengthi5e4:name1:n12:piece lengthi16384e6:pieces19:aaaaaaaaaaaaaaaaaaa"), MetainfoFault.WrongPieceCount),
        Refused("a hash too few", Info("6:lengthi16385e4:name1:n" + Rest), MetainfoFault.WrongPieceCount),
        Refused("a hash too many", Info("6:lengthi5e4:name1:n12:piece lengthi16384e6:pieces40:" + new string('a', 40)), MetainfoFault.WrongPieceCount),
        Refused("a v2 piece length that is not a power of two", Info("9:file treed1:ad0:d6:lengthi0eeee12:meta versioni2e4:name1:n12:piece lengthi16385e"), MetainfoFault.InvalidField),
        Refused("a number without digits", Info("6:lengthie4:name1:n" + Rest), MetainfoFault.NotATorrent),
        Refused("a fraction", Info("6:lengthi5.5e4:name1:n" + Rest), MetainfoFault.NotATorrent),
        Read("a leading zero in a number", Info("6:lengthi05e4:name1:n" + Rest), "n"),
        Read("a leading zero in a string's length", Info("6:lengthi5e4:name01:n" + Rest), "n"),
        Read("minus zero", Info("6:lengthi5e4:name1:n" + Rest + "7:privatei-0e"), "n"),
        Read("a negative date", "d13:creation datei-1e4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("a date beyond the calendar", $"d13:creation datei{long.MaxValue}e4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("a private of 2", Info("6:lengthi5e4:name1:n" + Rest + "7:privatei2e"), "n"),
        Read("a piece length that is not a power of two", Info("6:lengthi5e4:name1:n12:piece lengthi16385e6:pieces" + Hash), "n"),
    ];

    private static IEnumerable<MalformedTorrent> Keys() =>
    [
        Read("unsorted keys", "d4:infod4:name1:n6:lengthi5e" + Rest + "e8:announce8:http://xe", "n"),
        Read("unsorted keys in info", Info("6:pieces" + Hash + "12:piece lengthi16384e4:name1:n6:lengthi5e"), "n"),
        Read("a name twice", Info("6:lengthi5e4:name1:n4:name1:m" + Rest), "n"),
        Read("an info twice", "d4:infod6:lengthi5e4:name1:n" + Rest + "e4:infod6:lengthi5e4:name1:m" + Rest + "ee", "n"),
        Read("a length and files", Info("5:filesld6:lengthi5e4:pathl1:aeee6:lengthi7e4:name1:n" + Rest), "n/a"),
        Read("an unknown key", Info("3:foo3:bar6:lengthi5e4:name1:n" + Rest), "n"),
        Read("an empty key", "d0:0:4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Refused("a key that is a number", "di1e1:x4:infod6:lengthi5e4:name1:n" + Rest + "ee", MetainfoFault.NotATorrent),
        Refused("a key without a value", "d4:infod6:lengthi5e4:name1:n" + Rest + "e1:xe", MetainfoFault.NotATorrent),
    ];

    private static IEnumerable<MalformedTorrent> Lists() =>
    [
        Read("a hundred and more trackers", "d13:announce-listl" + Many("l8:http://xe", 300) + "e4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Read("lists 90 deep", "d1:a" + new string('l', 90) + new string('e', 90) + "4:infod6:lengthi5e4:name1:n" + Rest + "ee", "n"),
        Refused("lists 200 deep", "d1:a" + new string('l', 200) + new string('e', 200) + "4:infod6:lengthi5e4:name1:n" + Rest + "ee", MetainfoFault.NotATorrent),
        Read("a path of a thousand folders", Files("d6:lengthi5e4:pathl" + Many("2:ab", 1000) + "1:aee"), "n/a"),
        Read("the same file twice", Files("d6:lengthi5e4:pathl1:aeed6:lengthi5e4:pathl1:aee"), "n/a", "n/a (1)"),
        Read("two files that differ in case", Files("d6:lengthi5e4:pathl1:aeed6:lengthi5e4:pathl1:Aee"), "n/a", "n/A (1)"),
        Read("a file where a folder is", Files("d6:lengthi5e4:pathl1:aeed6:lengthi5e4:pathl1:a1:bee"), "n/a", "n/a (1)/b"),
        Read("padding that shares a path", Files("d4:attr1:p6:lengthi5e4:pathl4:.pad1:5eed4:attr1:p6:lengthi5e4:pathl4:.pad1:5eed6:lengthi5e4:pathl1:aee"),
            "n/.pad/5", "n/.pad/5", "n/a"),
        Read("padding without a path", Files("d4:attr1:p6:lengthi5eed6:lengthi5e4:pathl1:aee"), "n/.pad/5", "n/a"),
        Read("padding with an empty path", Files("d4:attr1:p6:lengthi5e4:pathleed6:lengthi5e4:pathl1:aee"), "n/.pad/5", "n/a"),
        Read("padding with a path that is a number", Files("d4:attr1:p6:lengthi5e4:pathi1eed6:lengthi5e4:pathl1:aee"), "n/.pad/5", "n/a"),
        Refused("padding without a length", Files("d4:attr1:ped6:lengthi5e4:pathl1:aee"), MetainfoFault.MissingField),
        Read("a link out of the torrent", Files("d4:attr1:l6:lengthi0e4:pathl1:ae12:symlink pathl2:..2:..3:etceed6:lengthi5e4:pathl1:bee"), "n/a", "n/b"),
        Read("a link that leads nowhere", Files("d4:attr1:l6:lengthi0e4:pathl1:aeed6:lengthi5e4:pathl1:bee"), "n/a", "n/b"),
    ];

    private static IEnumerable<MalformedTorrent> Names() =>
    [
        new("an empty name", Info("6:lengthi5e4:name0:" + Rest), null, ["_"], Elsewhere: "a name can be made up"),
        new("a name of dots", Info("6:lengthi5e4:name2:.." + Rest), null, ["_"], Elsewhere: "a name can be made up"),
        Read("a name with separators", Info("6:lengthi5e4:name9:../../etc" + Rest), ".._.._etc"),
        Read("an absolute name", Info("6:lengthi5e4:name4:/etc" + Rest), "_etc"),
        Read("a name of a drive", Info("6:lengthi5e4:name4:C:\\x" + Rest), "C__x"),
        Read("a name of a device", Info("6:lengthi5e4:name3:NUL" + Rest), "_NUL"),
        Read("a name of 300 bytes", Info("6:lengthi5e4:name300:" + new string('x', 300) + Rest), new string('x', 255)),
        Read("a name with an escape sequence", Info("6:lengthi5e4:name6:\u001B[31mx" + Rest), "[31mx"),
        Read("a name that is not UTF-8", Info("6:lengthi5e4:name3:a\xE9" + "b" + Rest), "a_b"),
        Read("a name that is not UTF-8, and one that is", Info("6:lengthi5e4:name3:a\xE9" + "b10:name.utf-84:a\xC3\xA9" + "b" + Rest), "a\u00E9b"),
        Read("a UTF-8 name that is not", Info("6:lengthi5e4:name1:n10:name.utf-81:\xFF" + Rest), "n"),
        Refused("an empty path", Files("d6:lengthi5e4:pathlee"), MetainfoFault.InvalidField),
        Read("a path of an empty name", Files("d6:lengthi5e4:pathl0:ee"), "n/_"),
        Read("a path of dots", Files("d6:lengthi5e4:pathl2:..2:..3:etcee"), "n/_/_/etc"),
        Read("a path with separators in it", Files("d6:lengthi5e4:pathl7:a/../bcee"), "n/a_.._bc"),
        Read("a path that is not UTF-8", Files("d6:lengthi5e4:pathl3:a\xE9" + "bee"), "n/a_b"),
        Read("a path that is not UTF-8, and one that is", Files("d6:lengthi5e4:pathl3:a\xE9" + "be10:path.utf-8l4:a\xC3\xA9" + "bee"), "n/a\u00E9b"),
        Read("a UTF-8 path that is not", Files("d6:lengthi5e4:pathl1:ae10:path.utf-8l1:\xFF" + "ee"), "n/a"),
        new("an empty UTF-8 path", Files("d6:lengthi5e4:pathl1:ae10:path.utf-8lee"), null, ["n/a"],
            Elsewhere: "there is another path, and it is sound"),
    ];

    private static IEnumerable<MalformedTorrent> Around() =>
    [
        Read("a line break after it", Info("6:lengthi5e4:name1:n" + Rest) + "\r\n", "n"),
        Read("zeros after it", Info("6:lengthi5e4:name1:n" + Rest) + "\0\0\0", "n"),
        Read("text after it", Info("6:lengthi5e4:name1:n" + Rest) + "garbage", "n"),
        Read("another one after it", Info("6:lengthi5e4:name1:n" + Rest) + "de", "n"),
        Refused("a line break before it", "\n" + Info("6:lengthi5e4:name1:n" + Rest), MetainfoFault.NotATorrent),
        Refused("its end cut off", Info("6:lengthi5e4:name1:n" + Rest)[..^3], MetainfoFault.Truncated),
        Refused("a string longer than the file", Info("6:lengthi5e4:name999:n" + Rest), MetainfoFault.Truncated),
        Refused("a string longer than memory", Info("6:lengthi5e4:name99999999999:n" + Rest), MetainfoFault.NotATorrent),
        Refused("nothing at all", "", MetainfoFault.Empty),
        Refused("a page", "<html></html>", MetainfoFault.WebPage),
    ];
}
