# Proxies: the parameters; downloads through microsocks and tinyproxy on loopback; and through dante in network namespaces, where a capture
# shows that nothing bypasses it. The latter needs Linux, root, iproute2, tcpdump, dante-server and libtorrent.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:canSocks = [bool] (Get-Command microsocks -ErrorAction Ignore)
    $script:canHttp = [bool] (Get-Command tinyproxy -ErrorAction Ignore)
    $script:canCapture = Test-NetworkSupport tcpdump, danted -Libtorrent
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    Set-TestState (Join-Path $TestDrive 'state')

    function Wait-Port {
        param([int] $Port)

        Wait-TestCondition {
            $probe = [Net.Sockets.TcpClient]::new()
            try { $probe.Connect('127.0.0.1', $Port); $true } catch { $false } finally { $probe.Dispose() }
        } | Should -BeTrue -Because 'the proxy listens'
    }

    function Get-TestCredential {
        param([string] $User, [string] $Password)

        $secret = [securestring]::new()
        $Password.ToCharArray().ForEach{ $secret.AppendChar($_) }
        [pscredential]::new($User, $secret)
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
    Stop-TestProcess
    Restore-TestState
}

Describe 'The parameters of proxies' {
    AfterEach {
        Get-TorrentPatron | Stop-TorrentPatron
    }

    It 'pass <Uri> to the engine as <Kind>' -ForEach @(
        @{ Uri = 'socks5://127.0.0.1:1080'; Kind = 'Socks5'; Shown = 'socks5://127.0.0.1:1080' }
        @{ Uri = 'socks5h://proxy.example:1080/'; Kind = 'Socks5'; Shown = 'socks5://proxy.example:1080' }
        @{ Uri = 'socks4://192.0.2.1:1'; Kind = 'Socks4'; Shown = 'socks4://192.0.2.1:1' }
        @{ Uri = 'SOCKS4A://192.0.2.1:1'; Kind = 'Socks4a'; Shown = 'socks4a://192.0.2.1:1' }
        @{ Uri = 'http://[2001:db8::1]:8080'; Kind = 'Http'; Shown = 'http://[2001:db8::1]:8080' }
    ) {
        $patron = New-TorrentPatron -Name p -StatePath (Join-Path $TestDrive p) -Proxy $Uri
        $patron.Proxy.Kind | Should -Be $Kind
        "$($patron.Proxy)" | Should -Be $Shown
        $patron.Proxy.Uses | Should -Be All
        $patron.Proxy.Credential | Should -BeNullOrEmpty
    }

    It 'accept the uses, and the credential without showing it' {
        $credential = Get-TestCredential 'fred' 'top-secret'
        $patron = New-TorrentPatron -Name p -StatePath (Join-Path $TestDrive p) -Proxy socks5://127.0.0.1:1080 -ProxyCredential $credential -ProxyFor Peers, Web
        $patron.Proxy.Uses | Should -Be 'Peers, Web'
        $patron.Proxy.Credential.GetPassword() | Should -BeExactly 'top-secret'
        $shown = @(
            $patron | Format-List * -Force | Out-String
            $patron.Proxy | Format-List * -Force | Out-String
            $patron.Service.Settings | Format-List * -Force | Out-String
            $patron.Proxy | ConvertTo-Json -Depth 5
            [Management.Automation.PSSerializer]::Serialize($patron.Proxy, 5)
        ) -join "`n"
        $shown | Should -Not -Match 'secret|fred'
        Get-ChildItem $TestDrive/p -Recurse -File -ErrorAction Ignore | Select-String 'top-secret' | Should -BeNullOrEmpty
    }

    It 'keep the credential for the same proxy, and never give it to another one' {
        $patron = New-TorrentPatron -Name p -StatePath (Join-Path $TestDrive p) -Proxy socks5://127.0.0.1:1080 -ProxyCredential (Get-TestCredential 'fred' 'top-secret')
        $patron | Set-TorrentPatron -ProxyFor Trackers
        $patron.Proxy.Credential | Should -Not -BeNullOrEmpty
        $patron.Proxy.Uses | Should -Be Trackers
        $patron | Set-TorrentPatron -Proxy http://127.0.0.1:3128
        $patron.Proxy.Kind | Should -Be Http
        $patron.Proxy.Credential | Should -BeNullOrEmpty
        $patron | Set-TorrentPatron -Proxy none
        $patron.Proxy | Should -BeNullOrEmpty
    }

    It 'refuse <Why>' -ForEach @(
        @{ Why = 'an invalid proxy'; Arguments = @{ Proxy = 'ftp://127.0.0.1:21' } }
        @{ Why = 'a proxy without a port'; Arguments = @{ Proxy = 'socks5://127.0.0.1' } }
        @{ Why = 'uses without a proxy'; Arguments = @{ ProxyFor = 'Peers' } }
        @{ Why = 'a proxy for no traffic'; Arguments = @{ Proxy = 'socks5://127.0.0.1:1'; ProxyFor = 'None' } }
    ) {
        { New-TorrentPatron -Name p -StatePath (Join-Path $TestDrive p) @Arguments } |
            Should -Throw -ErrorId 'InvalidArgument,TorrentPatron.PowerShell.Commands.NewTorrentPatronCommand'
        $patron = New-TorrentPatron -Name q -StatePath (Join-Path $TestDrive q) -Port -1
        { $patron | Set-TorrentPatron @Arguments -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidArgument,TorrentPatron.PowerShell.Commands.SetTorrentPatronCommand'
    }

    It 'do not repeat a password in the address' {
        $Error.Clear()
        { New-TorrentPatron -Name p -Proxy 'socks5://fred:top-secret@127.0.0.1:1080' } | Should -Throw -ErrorId 'InvalidArgument,*'
        $Error[0].Exception.Message | Should -Not -Match 'secret'
        $Error[0].ErrorDetails.RecommendedAction | Should -Match 'ProxyCredential'
    }

    It 'report that the proxy for a .torrent''s address cannot be reached' {
        $port = Get-TestPort
        $patron = New-TorrentPatron -Name p -StatePath (Join-Path $TestDrive p) -Proxy "socks5://127.0.0.1:$port"
        $failed = $null
        Start-Torrent http://site.example/a.torrent -Destination $TestDrive -Patron $patron -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'ProxyUnreachable,*'
        $failed[0].CategoryInfo.Category | Should -Be ConnectionError
        "$($failed[0])" | Should -BeLike "*socks5://127.0.0.1:$port*"
    }
}

Describe 'A download through a proxy on loopback' {
    BeforeAll {
        $script:content = New-TestContent
        $script:peer = Start-TestSeed $content
        $script:credential = Get-TestCredential 'fred' 'top-secret'
    }

    BeforeEach {
        $script:files = Join-Path $TestDrive ([guid]::NewGuid())
        $script:port = Get-TestPort
    }

    AfterEach {
        Get-TorrentPatron child -ErrorAction Ignore | Stop-TorrentPatron
    }

    It 'goes through <Name>, which requires its user and password' -ForEach @(
        @{ Name = 'microsocks'; Scheme = 'socks5'; Has = $canSocks }
        @{ Name = 'tinyproxy'; Scheme = 'http'; Has = $canHttp }
    ) {
        if (-not $Has) {
            Set-ItResult -Skipped -Because "$Name is not here"
        }
        if ($Name -eq 'microsocks') {
            $null = Start-TestProcess 'microsocks', '-i', '127.0.0.1', '-p', "$port", '-u', 'fred', '-P', 'top-secret'
        } else {
            Set-Content (Join-Path $TestDrive tinyproxy.conf) "Port $port", 'Listen 127.0.0.1', 'MaxClients 50', 'BasicAuth fred top-secret', 'Allow 127.0.0.1'
            $null = Start-TestProcess 'tinyproxy', '-d', '-c', (Join-Path $TestDrive tinyproxy.conf)
        }
        Wait-Port $port
        $patron = New-TorrentPatron -Name child -StatePath "$files-state" -StatusInterval 0.2 -Proxy "${Scheme}://127.0.0.1:$port" -ProxyCredential (Get-TestCredential 'fred' 'wrong')
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer
        Wait-TestCondition { $patron.Engine.Warning.Id -eq 'ProxyCredentialRefused' } | Should -BeTrue
        $patron.Engine.ListenEndPoints | Should -BeNullOrEmpty
        $patron | Stop-TorrentPatron

        $patron = New-TorrentPatron -Name child -StatePath "$files-state" -StatusInterval 0.2 -Proxy "${Scheme}://127.0.0.1:$port" -ProxyCredential $credential
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer
        $running | Wait-Torrent -Timeout 120 -ErrorAction Stop
        Test-SameContent (Join-Path $files data.bin) $content.File | Should -BeTrue
        $patron.Engine.Warning | Should -BeNullOrEmpty
    }

    It 'changes its route when Set-TorrentPatron sets or removes a proxy' -Skip:(-not $canSocks) {
        $null = Start-TestProcess 'microsocks', '-i', '127.0.0.1', '-p', "$port"
        Wait-Port $port
        $seeder = Get-TorrentPatron "seeder-$($content.Name)"
        $seeder | Set-TorrentPatron -MaxUploadRate 200KB
        try {
            $patron = New-TorrentPatron -Name child -StatePath "$files-state" -StatusInterval 0.2 -BindAddress 127.0.0.1
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer
            foreach ($way in "socks5://127.0.0.1:$port", 'none') {
                $some = ($running | Get-TorrentStatus).BytesReceived
                Wait-TestCondition { ($running | Get-TorrentStatus).BytesReceived -gt $some } | Should -BeTrue
                $patron.Engine.ListenEndPoints.Count | Should -Be ([int] ($way -ne 'none'))
                $patron | Set-TorrentPatron -Proxy $way
                $patron.Engine.ListenEndPoints.Count | Should -Be ([int] ($way -eq 'none'))
                ($running | Get-TorrentPeer -Recent).Reason | Should -Contain 'The proxy has been changed.'
            }
        } finally {
            $seeder | Set-TorrentPatron -MaxUploadRate 0
        }
        $running | Wait-Torrent -Timeout 120 -ErrorAction Stop
        Test-SameContent (Join-Path $files data.bin) $content.File | Should -BeTrue
    }
}

Describe 'A download through dante' -Skip:(-not $canCapture) {
    BeforeAll {
        $script:here = "tp-px-here-$PID"
        $script:there = "tp-px-there-$PID"
        New-TestNetwork $here, $there -NoIPv6
        Connect-TestNetwork @{ Network = $here; Link = 'out0'; Address = '10.78.0.2/24' } @{ Network = $there; Link = 'in0'; Address = '10.78.0.1/24' }
        # Names of a local network lead to peers of it. What the proxy reaches could be reached past it, and would answer.
        ip -n $here route add default via 10.78.0.1
        foreach ($number in 1..4) {
            ip -n $there address add "10.78.1.$number/32" dev lo
        }
        foreach ($network in $here, $there) {
            $null = New-Item -ItemType Directory "/etc/netns/$network" -Force
            Set-Content "/etc/netns/$network/resolv.conf" 'nameserver 10.78.0.1'
            Set-Content "/etc/netns/$network/hosts" '127.0.0.1 localhost'
        }
        Add-Content "/etc/netns/$there/hosts" '10.78.1.4 tracker.local', '10.78.1.3 router.local'
        Set-Content (Join-Path $TestDrive danted.conf) @'
logoutput: stderr
internal: 10.78.0.1 port = 1080
external: 10.78.1.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect udpassociate }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: bindreply udpreply }
'@
        $null = Start-TestProcess 'danted', '-f', (Join-Path $TestDrive danted.conf) -Network $there
        $script:content = New-TestContent -Size 2MB
        $script:other = New-TestContent -Folder (Join-Path $TestDrive other) -Name other.bin -Size 100KB
        # The DHT's first node is ours: libtorrent tells nobody of the node that it has begun with.
        Set-Content (Join-Path $TestDrive node.ps1) @"
`$env:TORRENTPATRON_DISCOVERY = '10.78.1.3:9'
Import-Module '$(Get-TestModulePath)'
`$patron = New-TorrentPatron node -StatePath '$(Join-Path $TestDrive node-state)' -BindAddress 10.78.1.3 -Port 7001
`$null = Start-Torrent '$($other.Torrent)' -Destination '$($other.Folder)' -Patron `$patron -Timeout 120
"`$(`$patron.Engine.Dht.EndPoints)"
`$null = [Console]::In.ReadLine()
"@
        $node = Start-TestProgram (Get-TestShell -File (Join-Path $TestDrive node.ps1)) -Network $there
        $node.Line | Should -Be '10.78.1.3:7001' -Because 'the DHT has its first node'
        $null = Start-TestLibtorrent $content.Torrent $content.Folder 10.78.1.2:7000 -Option '--dht', '10.78.1.3:7001' -Network $there
        $null = Start-TestLibtorrent $content.Torrent $content.Folder 10.78.1.4:7002 -Option '--utp' -Network $there
        $small = Join-Path $PSScriptRoot '../Interop/Python/small_tracker.py'
        $null = Start-TestProcess (Get-TestPython), $small, '10.78.1.4:6969', '10.78.1.2:7000', $content.Torrent -Network $there

        # A download in the network behind the proxy, in a separate process, and a capture of everything that bypasses the proxy.
        function Invoke-Download {
            param(
                [string] $Source, [string] $Tracker, [string] $Discovery = 'off', [string] $Proxy = 'socks5://10.78.0.1:1080', [int] $Seconds = 60,
                [string] $Peer, [string] $More
            )

            $files = Join-Path $TestDrive ([guid]::NewGuid())
            $null = New-Item -ItemType Directory $files
            $past = 'not arp and not (dst host 10.78.0.1 and tcp dst port 1080) and not (dst host 10.78.0.1 and udp and not port 53)'
            $capture = Start-TestCapture $here out0 $past
            Set-Content "$files.ps1" @"
`$env:TORRENTPATRON_DISCOVERY = '$Discovery'
Import-Module '$(Get-TestModulePath)'
`$patron = New-TorrentPatron child -StatePath '$files-state' -StatusInterval 0.2 -Proxy '$Proxy' $More
`$more = @{}
if ('$Tracker') { `$more.Tracker = '$Tracker' }
if ('$Peer') { `$more.Peer = '$Peer' }
`$running = Start-Torrent '$Source' -Destination '$files' -Patron `$patron @more
`$running | Wait-Torrent -Timeout $Seconds
`$trackers = `$running | Get-TorrentTracker | ConvertTo-Json -Depth 3
`$status = `$running | Get-TorrentStatus
[pscustomobject]@{
    State = "`$(`$status.State)"; Trackers = `$trackers; Warning = `$patron.Engine.Warning.Id
    Listens = @(`$patron.Engine.ListenEndPoints).Count; Errors = @(`$Error | ForEach-Object { "`$_" })
} | ConvertTo-Json | Set-Content '$files.json'
`$patron | Stop-TorrentPatron
"@
            $child = Start-TestProcess (Get-TestShell -File "$files.ps1") -Network $here
            $child.WaitForExit(1000 * ($Seconds + 60)) | Should -BeTrue
            [pscustomobject]@{
                Result = Get-Content "$files.json" -Raw -ErrorAction Ignore | ConvertFrom-Json
                Past   = @(Stop-TestCapture $capture)
                Same   = (Test-Path (Join-Path $files data.bin)) -and (Test-SameContent (Join-Path $files data.bin) $content.File)
                Said   = $child.StandardOutput.ReadToEnd() + $child.StandardError.ReadToEnd()
            }
        }
    }

    AfterAll {
        Stop-TestProcess
        Remove-TestNetwork $here, $there
    }

    It 'finds its peer by <How>, and sends nothing past the proxy' -ForEach @(
        @{ How = 'an HTTP tracker, from a .torrent on the web'; Arguments = @{ Source = 'http://tracker.local:6969/data.torrent'; Tracker = 'http://tracker.local:6969/announce' } }
        @{ How = 'a UDP tracker'; Arguments = @{ Source = '<torrent>'; Tracker = 'udp://tracker.local:6969' } }
        @{ How = 'the DHT, from a magnet link'; Arguments = @{ Source = '<magnet>'; Discovery = 'router.local:7001' } }
        @{ How = 'an address, dialled by uTP'; Arguments = @{ Source = '<torrent>'; More = '-Transport Utp'; Peer = '10.78.1.4:7002' } }
    ) {
        $Arguments.Source = $Arguments.Source.Replace('<torrent>', $content.Torrent).Replace('<magnet>', "magnet:?xt=urn:btih:$((Get-TorrentInfo -LiteralPath $content.Torrent).InfoHash)")
        $download = Invoke-Download @Arguments
        $download.Same | Should -BeTrue -Because "$($download.Said) $($download.Result | ConvertTo-Json)"
        $download.Result.State | Should -Be Seeding
        $download.Result.Listens | Should -Be 0
        $download.Past | Should -BeNullOrEmpty
    }

    It 'uses no UDP if the proxy does not support it' {
        # dante does not support HTTP: any HTTP traffic would bypass it.
        $download = Invoke-Download -Source $content.Torrent -Tracker udp://10.78.1.4:6969 -Discovery 10.78.1.2:7000 -Proxy http://10.78.0.1:1080 -Seconds 8
        $download.Same | Should -BeFalse
        "$($download.Result.Trackers)" | Should -BeLike '*http://10.78.0.1:1080*UDP*'
        $download.Past | Should -BeNullOrEmpty
    }

    It 'is seen by the capture without a proxy' {
        # libtorrent takes what comes by loopback only, as the proxy's connections do; it is enough that somebody tries.
        $download = Invoke-Download -Source $content.Torrent -Tracker udp://10.78.1.4:6969 -Proxy none -Seconds 8
        $download.Past | Should -Not -BeNullOrEmpty
    }
}
