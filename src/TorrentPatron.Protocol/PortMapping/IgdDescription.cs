namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The description of an internet gateway (UPnP IGD 1 and 2).</summary>
internal static class IgdDescription
{
    private const int MostServices = 16;
    private const int LongestAddress = 1_024;

    /// <summary>Reads the services that map ports.</summary>
    /// <param name="document">The description.</param>
    /// <param name="location">Its address. Services at other hosts are ignored.</param>
    /// <param name="types">The types to find, best first; null means those that map ports.</param>
    /// <returns>The services, best first; empty if there are none or the description is invalid.</returns>
    public static IReadOnlyList<IgdService> Read(ReadOnlyMemory<byte> document, Uri location, IReadOnlyList<string>? types = null)
    {
        List<string> known = [.. types ?? IgdService.Types];
        Uri? root = null;
        string type = "", control = "";
        var found = new List<(string Type, string Control)>();
        bool isRead = BoundedXml.TryWalk(document, OnText, OnEnd);
        if (!isRead)
            return [];
        return [.. found.Select(Resolve).OfType<IgdService>().OrderBy(service => known.IndexOf(service.Type))];

        void OnText(List<string> path, string text)
        {
            switch (path[^1])
            {
                case "URLBase" when path.Count == 2:
                    root = Address(text, location);
                    break;
                case "serviceType":
                    type = text;
                    break;
                case "controlURL":
                    control = text;
                    break;
            }
        }

        void OnEnd(string name)
        {
            if (name != "service")
                return;
            if (found.Count < MostServices && known.Contains(type) && control.Length > 0)
                found.Add((type, control));
            (type, control) = ("", "");
        }

        IgdService? Resolve((string Type, string Control) service) =>
            Address(service.Control, root ?? location) is { } address ? new IgdService(service.Type, address) : null;

        // The router must not send us to another host, such as our own machine.
        Uri? Address(string text, Uri relativeTo) =>
            text.Length <= LongestAddress && Uri.TryCreate(relativeTo, text, out Uri? address) && address.Scheme == Uri.UriSchemeHttp
            && address.Host == location.Host && address.UserInfo.Length == 0
                ? address
                : null;
    }
}
