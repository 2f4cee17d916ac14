using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>The DHT settings of an engine, on the wire; the rate is bytes/s.</summary>
internal sealed class DhtSettingsDto
{
    public bool IsEnabled { get; set; }

    public string[]? BootstrapNodes { get; set; }

    public bool IsReadOnly { get; set; }

    public int MaxUploadRate { get; set; }

    public static DhtSettingsDto Of(DhtSettings settings) => new()
    {
        IsEnabled = settings.IsEnabled,
        BootstrapNodes = Wire.OfList(settings.BootstrapNodes, text => text),
        IsReadOnly = settings.IsReadOnly,
        MaxUploadRate = settings.MaxUploadRate,
    };

    public DhtSettings ToSettings() => new()
    {
        IsEnabled = IsEnabled,
        BootstrapNodes = Wire.ToList(BootstrapNodes, text => text),
        IsReadOnly = IsReadOnly,
        MaxUploadRate = MaxUploadRate,
    };
}
