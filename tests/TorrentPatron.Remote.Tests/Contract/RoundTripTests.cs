using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Remote.Tests.Contract;

/// <summary>Everything that is sent arrives unchanged, with all its properties.</summary>
public class RoundTripTests
{
    private static ContractJson Json => ContractJson.Default;

    public static TheoryData<string> MessageKinds => [.. Subclasses(typeof(TorrentMessage)).Select(type => type.Name)];

    /// <summary>The commands of patrons; a start has its own form, and only a start provides metadata.</summary>
    public static TheoryData<string> CommandKinds =>
        [.. Subclasses(typeof(TorrentCommand)).Where(type => type != typeof(CreateNewTorrent) && type != typeof(GiveMetadata)).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(MessageKinds))]
    public void A_message_arrives_as_it_was_sent(string kind)
    {
        var message = (TorrentMessage)new SampleRecords().Make(TypeOf(kind));

        TorrentMessage? arrived = Send(MessageDto.Of(message), Json.MessageDto).ToMessage();

        Assert.Null(SampleRecords.Difference(message, arrived));
    }

    [Theory]
    [MemberData(nameof(CommandKinds))]
    public void A_command_arrives_as_it_was_sent(string kind)
    {
        var command = (TorrentCommand)new SampleRecords().Make(TypeOf(kind));
        if (command is AddSources sources)
        {
            // Trackers and peers of links and .torrent files: a start adds them, in the service.
            command = sources with { FoundPeers = [], FoundTrackers = [], FoundWebSeeds = [], DhtNodes = [] };
        }

        (string method, CommandDto parameters) = CommandDto.Of(command);
        TorrentCommand arrived = Send(parameters, Json.CommandDto).ToCommand(method, command.CorrelationId);

        Assert.Contains(method, MethodNames.Commands);
        Assert.Null(SampleRecords.Difference(command, arrived));
    }

    [Fact]
    public void Every_method_for_commands_has_a_command() =>
        Assert.Equal(MethodNames.Commands.Count, CommandKinds.Count);

    [Fact]
    public void Files_peers_and_the_engine_arrive_as_they_were_sent()
    {
        var filled = new SampleRecords();
        var file = (FileSnapshot)filled.Make(typeof(FileSnapshot));
        var peer = (PeerSnapshot)filled.Make(typeof(PeerSnapshot));
        var closed = (ClosedPeer)filled.Make(typeof(ClosedPeer));
        var engine = (ClientStatus)filled.Make(typeof(ClientStatus));

        Assert.Null(SampleRecords.Difference(file, Send(new FilesDto { Files = [FileDto.Of(file)] }, Json.FilesDto).Files![0].ToSnapshot()));
        Assert.Null(SampleRecords.Difference(peer, Send(new PeersDto { Peers = [PeerDto.Of(peer)] }, Json.PeersDto).Peers![0].ToSnapshot()));
        Assert.Null(SampleRecords.Difference(
            closed, Send(new ClosedPeersDto { Peers = [ClosedPeerDto.Of(closed)] }, Json.ClosedPeersDto).Peers![0].ToPeer()));
        Assert.Null(SampleRecords.Difference(
            engine, Send(new EngineDto { Status = ClientStatusDto.Of(engine) }, Json.EngineDto).Status!.ToStatus()));
    }

    [Fact]
    public void Hooks_and_their_runs_arrive_as_they_were_sent()
    {
        var hook = (TorrentHook)new SampleRecords().Make(typeof(TorrentHook));

        Assert.Null(SampleRecords.Difference(hook, Send(HookWireDto.Of(hook), Json.HookWireDto).ToHook()));
    }

    [Fact]
    public void Hooks_are_sent_in_parts_with_at_least_one_each()
    {
        TorrentHook[] hooks = [.. Enumerable.Range(0, 20).Select(number => new TorrentHook
        {
            Name = $"hook {number}", On = new([TorrentHookEvent.Completed]), ScriptBlock = new string('\u0001', TorrentHook.LongestScript),
        })];
        var names = new List<string?>();
        while (names.Count < hooks.Length)
        {
            HooksDto part = HooksDto.Of(hooks, names.Count);
            Assert.Equal(hooks.Length, part.Total);
            Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(part, Json.HooksDto).Length, 1, RpcLimits.MaxLineToClient);
            Assert.NotEmpty(part.Hooks!);
            names.AddRange(part.Hooks!.Select(hook => hook.Name));
        }

        Assert.Equal(hooks.Select(hook => hook.Name), names);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(HookWireDto.Of(hooks[0]), Json.HookWireDto).Length, 1, RpcLimits.MaxLineToService);
    }

    [Fact]
    public void Settings_arrive_as_they_were_sent_and_the_filter_and_the_store_stay()
    {
        ClientSettings settings = (ClientSettings)new SampleRecords().Make(typeof(ClientSettings), nameof(ClientSettings.Filter), nameof(ClientSettings.Dht)) with { MaxQueuedBytes = 1 << 20 };
        settings = settings with { Dht = (DhtSettings)new SampleRecords().Make(typeof(DhtSettings), nameof(DhtSettings.Store)) };
        var before = new ClientSettings { Filter = new AddressFilter(null, null) };

        SettingsDto sent = Send(SettingsDto.Of(settings with { Filter = before.Filter }, withSecrets: true), Json.SettingsDto);

        Assert.Null(SampleRecords.Difference(settings, sent.ToClient()));
        Assert.Same(before.Filter, sent.Over(before).Filter);
        Assert.Null(Send(SettingsDto.Of(settings, withSecrets: true), Json.SettingsDto).Over(before).Filter);
    }

    [Theory]
    [InlineData("""{"peerClasses":[{"name":"x","range":"nowhere"}]}""")]
    [InlineData("""{"peerClasses":[{"range":"10.0.0.0/8"}]}""")]
    [InlineData("""{"peerClasses":[{"name":"x","range":"10.0.0.0/8","maxUploadRate":-1}]}""")]
    [InlineData("""{"peerClasses":[{"name":"x","range":"10.0.0.0/8"},{"name":"x","range":"10.0.0.1"}]}""")]
    public void An_invalid_peer_class_is_an_error(string json)
    {
        SettingsDto settings = JsonSerializer.Deserialize(json, Json.SettingsDto)!;

        Assert.Equal(TorrentErrorId.InvalidArgument, Assert.Throws<TorrentException>(settings.ToClient).Error.Id);
    }

    [Fact]
    public void The_password_of_a_proxy_is_not_sent_and_is_kept()
    {
        ClientSettings settings = (ClientSettings)new SampleRecords().Make(typeof(ClientSettings), nameof(ClientSettings.Filter), nameof(ClientSettings.Dht)) with { MaxQueuedBytes = 1 << 20 };

        SettingsDto told = Send(SettingsDto.Of(settings, withSecrets: false), Json.SettingsDto);

        Assert.DoesNotContain("password", JsonSerializer.Serialize(told, Json.SettingsDto), StringComparison.Ordinal);
        Assert.Null(told.ToClient().Proxy!.Credential);
        Assert.Equal(settings.Proxy, told.Over(settings).Proxy);
        Assert.Null(told.Over(settings with { Proxy = settings.Proxy! with { Host = new HostEndPoint("other.example", 1) } }).Proxy!.Credential);
    }

    [Fact]
    public void A_start_arrives_as_it_was_sent()
    {
        // Only the client uses these: SourceTimeout and SavedDestination mean nothing elsewhere.
        var request = (StartRequest)new SampleRecords().Make(
            typeof(StartRequest), nameof(StartRequest.Source), nameof(StartRequest.SourceTimeout), nameof(StartRequest.SavedDestination));
        StartDto sent = StartDto.Of(request);
        sent.Take(new SourceContent(request.Metainfo!) { Reach = request.Reach });

        StartRequest arrived = Send(sent, Json.StartDto).ToRequest(uploaded: null, _ => null);

        Assert.Equal(request.Metainfo!.Raw.ToArray(), arrived.Metainfo!.Raw.ToArray());
        foreach (var property in typeof(StartRequest).GetProperties().Where(property => property.Name != nameof(StartRequest.Metainfo)))
            Assert.Null(SampleRecords.Difference(property.GetValue(request), property.GetValue(arrived), property.Name));
    }

    [Fact]
    public void A_magnet_link_arrives_with_its_reach()
    {
        Assert.True(MagnetLink.TryParse($"magnet:?xt=urn:btih:{new string('a', 40)}&dn=x", out MagnetLink? magnet, out _));
        StartDto sent = StartDto.Of(new StartRequest());
        sent.Take(new SourceContent(magnet) { Reach = AddressReach.Global });

        StartRequest arrived = Send(sent, Json.StartDto).ToRequest(uploaded: null, _ => null);

        Assert.Equal(magnet.ToString(), arrived.Source!.MagnetText);
        Assert.Equal(AddressReach.Global, arrived.Source.Reach);
        Assert.Equal(Environment.CurrentDirectory, arrived.CurrentFolder);
    }

    [Fact]
    public void A_start_without_a_reach_counts_as_from_the_internet() =>
        Assert.Equal(AddressReach.Global, Read("""{"magnet":null}""").ToRequest(uploaded: null, _ => null).Reach);

    [Fact]
    public void Unknown_members_and_names_of_a_newer_version_are_ignored()
    {
        MessageDto message = JsonSerializer.Deserialize(
            """{"kind":"TorrentStatusUpdate","later":{"a":[1]},"infoHash":"","status":{"name":"x","state":"Dreaming","new":1}}""", Json.MessageDto)!;

        var update = Assert.IsType<TorrentStatusUpdate>(message.ToMessage());
        Assert.Equal("x", update.Status.Name);
        Assert.Null(JsonSerializer.Deserialize("""{"kind":"TorrentDreams"}""", Json.MessageDto)!.ToMessage());
    }

    [Theory]
    [InlineData("""{"infoHash":"zz"}""")]
    [InlineData("""{}""")]
    [InlineData("""{"infoHash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","peers":["nowhere"]}""")]
    [InlineData("""{"infoHash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","trackers":["x"]}""")]
    public void An_invalid_value_is_an_error_that_names_it(string json)
    {
        CommandDto command = JsonSerializer.Deserialize(json, Json.CommandDto)!;

        var fault = Assert.Throws<TorrentException>(() => command.ToCommand(MethodNames.AddSources, 1));
        Assert.Equal(TorrentErrorId.InvalidArgument, fault.Error.Id);
    }

    [Fact]
    public void Unknown_capabilities_do_not_affect_known_ones() => Assert.Equal(
        ClientCapabilities.Magnets | ClientCapabilities.Move, Wire.ToFlags<ClientCapabilities>("Magnets, Dreams, Move"));

    [Fact]
    public void An_unknown_file_priority_is_an_error() =>
        Assert.Throws<TorrentException>(() => CommandDto.ToPriorities([1, 4, 5]));

    [Fact]
    public void Runs_of_numbers_are_bounded()
    {
        Assert.Equal([0, 1, 2, 7], Wire.ToNumbers(Wire.OfNumbers([0, 1, 2, 7]), 4));
        Assert.Throws<TorrentException>(() => Wire.ToNumbers([0, int.MaxValue], 1000));
        Assert.Throws<TorrentException>(() => Wire.ToNumbers([7, 1], 1000));
    }

    private static StartDto Read(string json) => JsonSerializer.Deserialize(json, Json.StartDto)!;

    private static T Send<T>(T value, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        Assert.True(new RpcValue(json).TryRead(type, out T read));
        return read;
    }

    private static Type TypeOf(string name) => typeof(TorrentMessage).Assembly.GetType($"{typeof(TorrentMessage).Namespace}.{name}", throwOnError: true)!;

    private static IEnumerable<Type> Subclasses(Type type) =>
        type.Assembly.GetTypes().Where(other => other.IsSubclassOf(type) && !other.IsAbstract).OrderBy(other => other.Name, StringComparer.Ordinal);
}
