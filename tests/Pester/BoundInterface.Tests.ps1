# A network interface that disappears during a download, in network namespaces: a machine with two routes to a libtorrent peer, of which
# TorrentPatron may use only one. Traffic on the other is captured. Needs Linux, root, iproute2, tcpdump and libtorrent.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:canBind = Test-NetworkSupport tcpdump -Libtorrent
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'A download that is bound to a network interface' -Skip:(-not $canBind) {
    BeforeAll {
        $script:here = "tp-here-$PID"
        $script:there = "tp-there-$PID"
        # Only traffic that a program sends should be seen, so there is no IPv6.
        New-TestNetwork $here, $there -NoIPv6
        Connect-TestNetwork @{ Network = $here; Link = 'vpn0'; Address = '10.77.1.2/24' } @{ Network = $there; Link = 'vpn1'; Address = '10.77.1.1/24' }
        Connect-TestNetwork @{ Network = $here; Link = 'out0'; Address = '10.77.2.2/24' } @{ Network = $there; Link = 'out1'; Address = '10.77.2.1/24' }

        # The other route: while vpn0 is down, the peer's address is reached through out0. DNS servers are there too.
        ip -n $here route add default via 10.77.2.1
        $null = New-Item -ItemType Directory "/etc/netns/$here" -Force
        Set-Content "/etc/netns/$here/resolv.conf" 'nameserver 10.77.2.1'

        $script:content = New-TestContent -Size 12MB
        $null = Start-TestLibtorrent $content.Torrent $content.Folder '0.0.0.0:7000' -Option '--upload-limit', '400000' -Network $there
        $script:files = Join-Path $TestDrive files
        $script:download = Start-TestSession $here @"
`$patron = New-TorrentPatron child -BindInterface vpn0 -StatePath '$TestDrive/state' -StatusInterval 0.2
`$running = Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -Peer 10.77.1.1:7000 -Tracker 'http://tracker.example:1/announce'
"@ -Report @'
$status = $running | Get-TorrentStatus
[pscustomobject]@{
    State = "$($status.State)"; Warnings = @($status.Warnings.Id); Peers = $status.ConnectedPeers; Bytes = $status.CompletedSize
    Listens = "$($patron.Engine.ListenEndPoints.Address)"; Engine = $patron.Engine.Warning.Id; Message = $patron.Engine.Warning.Message
}
'@
    }

    AfterAll {
        $null = Stop-TestSession $download
        Stop-TestProcess
        Remove-TestNetwork $here, $there
    }

    It 'uses that interface' {
        Wait-TestCondition { (Get-TestReport $download).Bytes -gt 0 } | Should -BeTrue
        (Get-TestReport $download).Listens | Should -Be '10.77.1.2'
        (Get-TestReport $download).Engine | Should -BeNullOrEmpty
    }

    It 'stops with NetworkDown, and sends nothing over another interface, when the interface <What>' -ForEach @(
        @{ What = 'is down'; Take = 'link set vpn0 down'; Return = 'link set vpn0 up'; Address = '10.77.1.2' }
        @{ What = 'loses its address'; Take = 'address delete 10.77.1.2/24 dev vpn0'; Return = 'address add 10.77.1.3/24 dev vpn0'; Address = '10.77.1.3' }
    ) {
        # Not even an ARP request may leave; the system answers those of others.
        $capture = Start-TestCapture $here out0 'not (arp and arp[6:2] = 2)'
        ip -n $here @(-split $Take)
        Wait-TestCondition { (Get-TestReport $download).Engine -eq 'NetworkDown' -and (Get-TestReport $download).Peers -eq 0 } | Should -BeTrue
        # A host name to resolve, and another tracker to ask.
        Invoke-TestSession $download @"
`$running | Add-TorrentTracker 'udp://other.example:2', 'http://10.77.2.1:3/announce' -ErrorAction Continue
Start-Torrent 'http://site.example/x.torrent' -Destination '$files' -Patron `$patron -ErrorAction Continue -Timeout 3
"@
        Start-Sleep -Seconds 5
        $now = Get-TestReport $download
        $now.State | Should -Be Downloading
        $now.Warnings | Should -Contain NetworkDown
        $now.Message | Should -BeLike "*'vpn0'*"
        $now.Listens | Should -BeNullOrEmpty
        Stop-TestCapture $capture | Should -BeNullOrEmpty
        $now.Bytes | Should -BeLessThan 12MB

        ip -n $here @(-split $Return)
        Wait-TestCondition { (Get-TestReport $download).Listens -eq $Address -and (Get-TestReport $download).Bytes -gt $now.Bytes } | Should -BeTrue
        (Get-TestReport $download).Warnings | Should -Not -Contain NetworkDown
    }

    It 'completes, through another address of the interface' {
        Wait-TestCondition -Seconds 90 { (Get-TestReport $download).State -eq 'Seeding' } | Should -BeTrue
        Test-SameContent (Join-Path $files data.bin) $content.File | Should -BeTrue
    }
}
