using System.Text;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>Torrents made by other programs, and helpers to write unusual ones.</summary>
internal static class TestTorrents
{
    /// <summary>A folder with three files, one of them empty, by mktorrent 1.1.</summary>
    public static readonly byte[] ByMktorrent = Convert.FromBase64String(
        """
        ZDg6YW5ub3VuY2UzMDpodHRwOi8vMTI3LjAuMC4xOjY5NjkvYW5ub3VuY2UxMzphbm5vdW5jZS1saXN0bGwzMDpodHRwOi8vMTI3LjAuMC4xOjY5
        NjkvYW5ub3VuY2VlbDMwOmh0dHA6Ly8xMjcuMC4wLjE6Njk3MC9hbm5vdW5jZTIwOnVkcDovLzEyNy4wLjAuMTo2OTcxZWU3OmNvbW1lbnQxNzpt
        YWRlIGJ5IG1rdG9ycmVudDEwOmNyZWF0ZWQgYnkxMzpta3RvcnJlbnQgMS4xMTM6Y3JlYXRpb24gZGF0ZWkxNzk1Mzg2MDExZTQ6aW5mb2Q1OmZp
        bGVzbGQ2Omxlbmd0aGkwZTQ6cGF0aGw0OmRpc2M1OmVtcHR5ZWVkNjpsZW5ndGhpNDAwMDBlNDpwYXRobDQ6ZGlzYzExOmdyw7bDn2UuYmluZWVk
        NjpsZW5ndGhpMTJlNDpwYXRobDk6aGVsbG8udHh0ZWVlNDpuYW1lNTphbGJ1bTEyOnBpZWNlIGxlbmd0aGkzMjc2OGU2OnBpZWNlczQwOlGIQxhJ
        tGExUv1726aj/wpP1kJL0PkzucEM9BxUSurwHMT47pUM9D5lODp1cmwtbGlzdDIzOmh0dHA6Ly8xMjcuMC4wLjEvZmlsZXMvZQ==
        """);

    /// <summary>A private torrent of one file, by Transmission 3.00.</summary>
    public static readonly byte[] ByTransmission = Convert.FromBase64String(
        """
        ZDg6YW5ub3VuY2UzMDpodHRwOi8vMTI3LjAuMC4xOjY5NjkvYW5ub3VuY2U3OmNvbW1lbnQ5OmbDvHIgZGljaDEwOmNyZWF0ZWQgYnkzMDpUcmFu
        c21pc3Npb24vMy4wMCAoYmI2YjVhMDYyZSkxMzpjcmVhdGlvbiBkYXRlaTE3OTUzODYwMTFlODplbmNvZGluZzU6VVRGLTg0OmluZm9kNjpsZW5n
        dGhpM2U0Om5hbWU3Om9uZS50eHQxMjpwaWVjZSBsZW5ndGhpMzI3NjhlNjpwaWVjZXMyMDr+Bbzc3EkoASeBpfGip3y7U5jhBjc6cHJpdmF0ZWkx
        ZWVl
        """);

    /// <summary>The same folder as a hybrid torrent with padding files, by libtorrent 2.0.8.</summary>
    public static readonly byte[] HybridByLibtorrent = Convert.FromBase64String(
        """
        ZDg6YW5ub3VuY2UyNTpodHRwOi8vMTI3LjAuMC4xL2Fubm91bmNlMTA6Y3JlYXRlZCBieTI6bHQxMzpjcmVhdGlvbiBkYXRlaTE3OTUzODYwMTJl
        NDppbmZvZDk6ZmlsZSB0cmVlZDQ6ZGlzY2Q1OmVtcHR5ZDA6ZDY6bGVuZ3RoaTBlZWUxMTpncsO2w59lLmJpbmQwOmQ2Omxlbmd0aGk0MDAwMGUx
        MTpwaWVjZXMgcm9vdDMyOsIiFFtAF4+EYF5ce/hlFeLGnOTQLvWH5LNdUGBULyezZWVlOTpoZWxsby50eHRkMDpkNjpsZW5ndGhpMTJlMTE6cGll
        Y2VzIHJvb3QzMjqpSJBPLw9Hm4+Bl2lLMBhLDS7Rwc0qHsD7hdKZoZKkR2VlZTU6ZmlsZXNsZDY6bGVuZ3RoaTBlNDpwYXRobDQ6ZGlzYzU6ZW1w
        dHllZWQ2Omxlbmd0aGk0MDAwMGU0OnBhdGhsNDpkaXNjMTE6Z3LDtsOfZS5iaW5lZWQ0OmF0dHIxOnA2Omxlbmd0aGk5MTUyZTQ6cGF0aGw0Oi5w
        YWQ0OjkxNTJlZWQ2Omxlbmd0aGkxMmU0OnBhdGhsOTpoZWxsby50eHRlZWQ0OmF0dHIxOnA2Omxlbmd0aGkxNjM3MmU0OnBhdGhsNDoucGFkNTox
        NjM3MmVlZTEyOm1ldGEgdmVyc2lvbmkyZTQ6bmFtZTU6YWxidW0xMjpwaWVjZSBsZW5ndGhpMTYzODRlNjpwaWVjZXM4MDqJcla2cJ4aTanaupK2
        veOcz8zYwYlyVrZwnhpNqdq6kra945zPzNjBiXJWtnCeGk2p2rqStr3jnM/M2MGYqu1EJyHgzs3Zv3uMuz4f8bFTamUxMjpwaWVjZSBsYXllcnNk
        MzI6wiIUW0AXj4RgXlx7+GUV4sac5NAu9Yfks11QYFQvJ7M5NjpP57Wa9t47ZltneIzC+ZiSq4J++uOkZzQrO7TjvI5b/k/ntZr23jtmW2d4jML5
        mJKrgn7646RnNCs7tOO8jlv+cxVxMcVjNQTHVViTBfqjRgdT9t9QEbCPDMQPXM8LJ25lZQ==
        """);

    /// <summary>The same folder as a v2 torrent, by libtorrent 2.0.8.</summary>
    public static readonly byte[] V2ByLibtorrent = Convert.FromBase64String(
        """
        ZDg6YW5ub3VuY2UyNTpodHRwOi8vMTI3LjAuMC4xL2Fubm91bmNlMTA6Y3JlYXRlZCBieTI6bHQxMzpjcmVhdGlvbiBkYXRlaTE3OTUzODYwMTJl
        NDppbmZvZDk6ZmlsZSB0cmVlZDQ6ZGlzY2Q1OmVtcHR5ZDA6ZDY6bGVuZ3RoaTBlZWUxMTpncsO2w59lLmJpbmQwOmQ2Omxlbmd0aGk0MDAwMGUx
        MTpwaWVjZXMgcm9vdDMyOsIiFFtAF4+EYF5ce/hlFeLGnOTQLvWH5LNdUGBULyezZWVlOTpoZWxsby50eHRkMDpkNjpsZW5ndGhpMTJlMTE6cGll
        Y2VzIHJvb3QzMjqpSJBPLw9Hm4+Bl2lLMBhLDS7Rwc0qHsD7hdKZoZKkR2VlZTEyOm1ldGEgdmVyc2lvbmkyZTQ6bmFtZTU6YWxidW0xMjpwaWVj
        ZSBsZW5ndGhpMTYzODRlZTEyOnBpZWNlIGxheWVyc2QzMjrCIhRbQBePhGBeXHv4ZRXixpzk0C71h+SzXVBgVC8nszk2Ok/ntZr23jtmW2d4jML5
        mJKrgn7646RnNCs7tOO8jlv+T+e1mvbeO2ZbZ3iMwvmYkquCfvrjpGc0Kzu047yOW/5zFXExxWM1BMdVWJMF+qNGB1P231ARsI8MxA9czwsnbmVl
        """);

    /// <summary>One file as a v2 torrent, by libtorrent 2.0.8.</summary>
    public static readonly byte[] SingleV2ByLibtorrent = Convert.FromBase64String(
        """
        ZDg6YW5ub3VuY2UyNTpodHRwOi8vMTI3LjAuMC4xL2Fubm91bmNlMTA6Y3JlYXRlZCBieTI6bHQxMzpjcmVhdGlvbiBkYXRlaTE3OTUzODYwMTJl
        NDppbmZvZDk6ZmlsZSB0cmVlZDc6b25lLnR4dGQwOmQ2Omxlbmd0aGkzZTExOnBpZWNlcyByb290MzI6dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5x
        Q8Ct1z/0Me1lZWUxMjptZXRhIHZlcnNpb25pMmU0Om5hbWU3Om9uZS50eHQxMjpwaWVjZSBsZW5ndGhpMTYzODRlZTEyOnBpZWNlIGxheWVyc2Rl
        ZQ==
        """);

    /// <summary>A torrent with the given bencoded <c>info</c> dictionary.</summary>
    public static byte[] WithInfo(string info) => Encoding.UTF8.GetBytes($"d4:info{info}e");

    /// <summary>A torrent of empty files with the given bencoded paths.</summary>
    public static byte[] WithPaths(params string[] paths)
    {
        string files = string.Concat(paths.Select(path => $"d6:lengthi0e4:path{path}e"));
        return WithInfo($"d5:filesl{files}e4:name1:n12:piece lengthi16384e6:pieces0:e");
    }

    /// <summary>A bencoded list of strings.</summary>
    public static string Path(params string[] elements) =>
        "l" + string.Concat(elements.Select(element => $"{Encoding.UTF8.GetByteCount(element)}:{element}")) + "e";
}
