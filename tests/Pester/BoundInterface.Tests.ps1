# A network interface that disappears during a download, in network namespaces: a machine with two routes to a libtorrent peer, of which
# TorrentPatron may use only one. Traffic on the other is captured. Needs Linux, root, iproute2, tcpdump and libtorrent.
BeforeDiscovery {
    $script:canBind = $IsLinux -and (id -u) -eq 0 -and (Get-Command ip, tcpdump, /usr/bin/python3 -ErrorAction Ignore).Count -eq 3 -and
    $(/usr/bin/python3 -c 'import libtorrent' 2>$null; $LASTEXITCODE -eq 0) -and
    $(ip netns add tp-probe 2>$null; $LASTEXITCODE -eq 0)
    if ($IsLinux -and (Get-Command ip -ErrorAction Ignore)) {
        ip netns delete tp-probe 2>$null
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    # A program in one of the namespaces; it ends with the test.
    function Start-InNetwork {
        param([string] $Network, [string[]] $Command)

        $start = [Diagnostics.ProcessStartInfo]::new('ip', [string[]] (@('netns', 'exec', $Network) + $Command))
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        $script:started += $process
        $process
    }

    function Start-Capture {
        $script:capture = Join-Path $TestDrive "$([guid]::NewGuid()).pcap"
        # Not even an ARP request may leave; the system answers those of others.
        $script:tcpdump = Start-InNetwork $here 'tcpdump', '-i', 'out0', '-Q', 'out', '-U', '-w', $capture, 'not (arp and arp[6:2] = 2)'
        $null = $tcpdump.StandardError.ReadLine()
        Wait-TestCondition { (Get-Item $capture -ErrorAction Ignore).Length -gt 0 } | Should -BeTrue -Because 'tcpdump listens'
    }

    function Stop-Capture {
        kill -INT $tcpdump.Id
        $null = $tcpdump.WaitForExit(10000)
        @(tcpdump -n -r $capture 2>$null)
    }

    # The status of the download, as the other process wrote it last.
    function Get-Download {
        try { Get-Content (Join-Path $TestDrive status.json) -Raw -ErrorAction Stop | ConvertFrom-Json } catch { $null }
    }
}

Describe 'A download that is bound to a network interface' -Skip:(-not $canBind) {
    BeforeAll {
        $script:started = @()
        $script:here = "tp-here-$PID"
        $script:there = "tp-there-$PID"
        foreach ($network in $here, $there) {
            ip netns add $network
            ip -n $network link set lo up
            # Only traffic that a program sends should be seen.
            ip netns exec $network sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
        }
        foreach ($link in @{ Name = 'vpn'; Network = '10.77.1' }, @{ Name = 'out'; Network = '10.77.2' }) {
            ip -n $here link add "$($link.Name)0" type veth peer name "$($link.Name)1" netns $there
            ip -n $here address add "$($link.Network).2/24" dev "$($link.Name)0"
            ip -n $there address add "$($link.Network).1/24" dev "$($link.Name)1"
            ip -n $here link set "$($link.Name)0" up
            ip -n $there link set "$($link.Name)1" up
        }
        # libtorrent listens on the addresses of the interfaces that are up when it starts.
        Wait-TestCondition { @(ip -n $there link show up) -match ' (vpn1|out1)@.* state UP ' | Measure-Object | ForEach-Object Count | Where-Object { $_ -eq 2 } } |
            Should -BeTrue

        # The other route: while vpn0 is down, the peer's address is reached through out0. DNS servers are there too.
        ip -n $here route add default via 10.77.2.1
        $null = New-Item -ItemType Directory "/etc/netns/$here" -Force
        Set-Content "/etc/netns/$here/resolv.conf" 'nameserver 10.77.2.1'

        $content = New-TestContent -Folder (Join-Path $TestDrive seed) -Size 12MB
        $seed = Join-Path $PSScriptRoot '../Interop/Python/libtorrent_peer.py'
        $null = Start-InNetwork $there '/usr/bin/python3', $seed, '--upload-limit', '400000', $content.Torrent, $content.Folder, '0.0.0.0:7000'
        $script:files = Join-Path $TestDrive files
        Set-Content (Join-Path $TestDrive child.ps1) @"
Import-Module '$(Get-TestModulePath)'
`$patron = New-TorrentPatron child -BindInterface vpn0 -StatePath '$TestDrive/state' -StatusInterval 0.2
`$running = Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -Peer 10.77.1.1:7000 -Tracker 'http://tracker.example:1/announce'
while (-not (Test-Path '$TestDrive/end')) {
    if (Test-Path '$TestDrive/ask') {
        # A host name to resolve, and another tracker to ask.
        Remove-Item '$TestDrive/ask'
        `$running | Add-TorrentTracker 'udp://other.example:2', 'http://10.77.2.1:3/announce' -ErrorAction Continue
        Start-Torrent 'http://site.example/x.torrent' -Destination '$files' -Patron `$patron -ErrorAction Continue -Timeout 3
    }
    `$status = `$running | Get-TorrentStatus
    [pscustomobject]@{
        State = "`$(`$status.State)"; Warnings = @(`$status.Warnings.Id); Peers = `$status.ConnectedPeers; Bytes = `$status.CompletedSize
        Listens = "`$(`$patron.Engine.ListenEndPoints.Address)"; Engine = `$patron.Engine.Warning.Id; Message = `$patron.Engine.Warning.Message
    } | ConvertTo-Json | Set-Content '$TestDrive/status.new'
    Move-Item '$TestDrive/status.new' '$TestDrive/status.json' -Force
    Start-Sleep -Milliseconds 100
}
`$patron | Stop-TorrentPatron
"@
        $script:child = Start-InNetwork $here (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-File', (Join-Path $TestDrive child.ps1))
        $script:content = $content
    }

    AfterAll {
        Set-Content (Join-Path $TestDrive end) end
        $null = $child.WaitForExit(15000)
        foreach ($process in $started | Where-Object { -not $_.HasExited }) {
            $process.Kill($true)
        }
        foreach ($network in $here, $there) {
            ip netns delete $network
        }
        Remove-Item "/etc/netns/$here" -Recurse -Force
    }

    It 'uses that interface' {
        Wait-TestCondition { (Get-Download).Bytes -gt 0 } | Should -BeTrue
        (Get-Download).Listens | Should -Be '10.77.1.2'
        (Get-Download).Engine | Should -BeNullOrEmpty
    }

    It 'stops with NetworkDown, and sends nothing over another interface, when the interface <What>' -ForEach @(
        @{ What = 'is down'; Take = 'link set vpn0 down'; Return = 'link set vpn0 up'; Address = '10.77.1.2' }
        @{ What = 'loses its address'; Take = 'address delete 10.77.1.2/24 dev vpn0'; Return = 'address add 10.77.1.3/24 dev vpn0'; Address = '10.77.1.3' }
    ) {
        Start-Capture
        ip -n $here @(-split $Take)
        Wait-TestCondition { (Get-Download).Engine -eq 'NetworkDown' -and (Get-Download).Peers -eq 0 } | Should -BeTrue
        Set-Content (Join-Path $TestDrive ask) ask
        Wait-TestCondition { -not (Test-Path (Join-Path $TestDrive ask)) } | Should -BeTrue
        Start-Sleep -Seconds 5
        $now = Get-Download
        $now.State | Should -Be Downloading
        $now.Warnings | Should -Contain NetworkDown
        $now.Message | Should -BeLike "*'vpn0'*"
        $now.Listens | Should -BeNullOrEmpty
        Stop-Capture | Should -BeNullOrEmpty
        $now.Bytes | Should -BeLessThan 12MB

        ip -n $here @(-split $Return)
        Wait-TestCondition { (Get-Download).Listens -eq $Address -and (Get-Download).Bytes -gt $now.Bytes } | Should -BeTrue
        (Get-Download).Warnings | Should -Not -Contain NetworkDown
    }

    It 'completes, through another address of the interface' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while ((Get-Download).State -ne 'Seeding' -and $clock.Elapsed.TotalSeconds -lt 90) {
            Start-Sleep -Milliseconds 200
        }
        (Get-Download).State | Should -Be Seeding
        Test-SameContent (Join-Path $files data.bin) $content.File | Should -BeTrue
    }
}
