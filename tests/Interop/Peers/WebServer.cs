using System.Globalization;
using System.Net.Http;
using TorrentPatron.Interop.Tests.Tools;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>A web server on loopback that serves a folder.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly ToolProcess _process;
    private readonly string _log;

    private WebServer(ToolProcess process, Uri address, string log) => (_process, Address, _log) = (process, address, log);

    /// <summary>The address of the folder; it ends with a slash.</summary>
    public Uri Address { get; }

    /// <summary>An address for a torrent that is made before the server is started.</summary>
    public static Uri Reserve() => new($"http://127.0.0.1:{FreePort.Next()}/");

    /// <summary>Starts a server.</summary>
    /// <param name="program">nginx or lighttpd.</param>
    /// <param name="address">The result of <see cref="Reserve"/>.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="workspace">The folder for its own files.</param>
    public static async Task<WebServer> StartAsync(string program, Uri address, string folder, Workspace workspace)
    {
        string path = Require(program), own = workspace[program], log = Path.Combine(own, "access.log"), configuration = Path.Combine(own, "conf");
        await File.WriteAllTextAsync(configuration, program == "nginx" ? OfNginx(own, log, address, folder) : OfLighttpd(own, log, address, folder), CancellationToken.None);
        ToolProcess process = program == "nginx"
            ? ToolProcess.Start(path, "-p", own, "-c", configuration)
            : ToolProcess.Start(path, "-D", "-f", configuration);
        var server = new WebServer(process, address, log);
        using var http = new HttpClient();
        await Patience.UntilAsync(
            async cancellationToken =>
            {
                try
                {
                    using HttpResponseMessage response = await http.GetAsync(address, cancellationToken);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"{program} answers", process.Tell);
        return server;
    }

    /// <summary>The answered requests for files.</summary>
    public IReadOnlyList<string> Requests => [.. ReadLog().Where(line => !line.Contains("\"GET / HTTP", StringComparison.Ordinal))];

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private string[] ReadLog()
    {
        using var stream = new FileStream(_log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // It may not be on the PATH.
    private static string Require(string program) => File.Exists($"/usr/sbin/{program}") ? $"/usr/sbin/{program}" : Tool.Require(program);

    // It would compress everything for clients that accept it.
    private static string OfNginx(string own, string log, Uri address, string folder) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        daemon off;
        master_process off;
        pid {{own}}/pid;
        error_log {{own}}/error.log;
        events { worker_connections 64; }
        http {
            access_log {{log}};
            client_body_temp_path {{own}}/body;
            proxy_temp_path {{own}}/proxy;
            fastcgi_temp_path {{own}}/fastcgi;
            uwsgi_temp_path {{own}}/uwsgi;
            scgi_temp_path {{own}}/scgi;
            gzip on;
            gzip_types *;
            gzip_min_length 1;
            server {
                listen 127.0.0.1:{{address.Port}};
                root "{{folder}}";
            }
        }
        """);

    private static string OfLighttpd(string own, string log, Uri address, string folder) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        server.modules = ( "mod_accesslog" )
        server.document-root = "{{folder}}"
        server.bind = "127.0.0.1"
        server.port = {{address.Port}}
        server.errorlog = "{{own}}/error.log"
        accesslog.filename = "{{log}}"
        mimetype.assign = ( "" => "application/octet-stream" )
        """);
}
