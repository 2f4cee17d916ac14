using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli.Parsing;

/// <summary>Reads the user and password for a proxy. There is no option for them: other users of the machine can see command lines.</summary>
internal static class ProxyCredentials
{
    /// <summary>The environment variable with <c>user:password</c>.</summary>
    public const string Variable = "TORRENTPATRON_PROXY_CREDENTIAL";

    private const int MostBytes = 4096;

    /// <summary>Reads them.</summary>
    /// <param name="file">The file with them on its first line; null means the environment variable.</param>
    /// <returns>The user and password; null if there are none.</returns>
    /// <exception cref="TorrentException">The file cannot be read, or there is no colon.</exception>
    public static ProxyCredential? Read(string? file)
    {
        string? text = file is null ? Environment.GetEnvironmentVariable(Variable) : ReadLine(file);
        if (string.IsNullOrEmpty(text))
            return null;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? new ProxyCredential(text[..colon], text[(colon + 1)..])
            : throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, $"{(file is null ? Variable : "The file of the proxy's user and password")} contains no user and password.",
                "Write them as user:password."));
    }

    private static string ReadLine(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            char[] text = new char[MostBytes];
            int length = reader.ReadBlock(text);
            return new string(text, 0, length).Split('\n')[0].TrimEnd('\r');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new TorrentException(
                new TorrentError(
                    TorrentErrorId.InvalidArgument, $"The file '{DisplayText.Clean(file)}' with the proxy's user and password cannot be read.",
                    "Check its path, and that you have permission to read it."),
                fault);
        }
    }
}
