# A router that maps ports, miniupnpd, in network namespaces: a machine behind it, and one outside. Needs Linux, root, iproute2, nftables and
# miniupnpd.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:canRoute = Test-NetworkSupport nft, miniupnpd
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    function Start-Router {
        param([string] $NatPmp, [string] $Upnp)

        $config = Join-Path $TestDrive 'miniupnpd.conf'
        Set-Content $config @"
ext_ifname=wan0
listening_ip=lan1
enable_natpmp=$NatPmp
enable_upnp=$Upnp
secure_mode=yes
uuid=6000f741-18c1-462e-94ad-019337e833f1
allow 1024-65535 192.168.77.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"@
        Set-Content (Join-Path $TestDrive 'router.nft') @'
flush ruleset
table inet filter {
    chain input { type filter hook input priority 0; }
    chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; iifname "lan1" accept; jump miniupnpd; }
    chain miniupnpd { }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain prerouting_miniupnpd { }
    chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; oifname "wan0" masquerade; }
    chain postrouting_miniupnpd { }
}
'@
        ip netns exec $router nft -f (Join-Path $TestDrive 'router.nft')
        $command = "exec miniupnpd -d -f '$config' -P '$TestDrive/miniupnpd.pid' > '$TestDrive/miniupnpd.log' 2>&1"
        $script:daemon = Start-TestProcess 'sh', '-c', $command -Network $router
        Wait-TestCondition { (Get-Content "$TestDrive/miniupnpd.log" -Raw -ErrorAction Ignore) -match 'HTTP listening|NAT-PMP/PCP traffic' } | Should -BeTrue
    }

    # Like a power failure: all its mappings are lost.
    function Stop-Router {
        if ($script:daemon) {
            $daemon.Kill($true)
            $null = $daemon.WaitForExit(10000)
        }
        ip netns exec $router nft flush ruleset
    }

    # The ports that the router forwards, from nftables.
    function Get-Rule {
        @(ip netns exec $router nft list table inet filter 2>$null) -match 'dnat'
    }

    function Get-Engine {
        Get-TestReport $seed
    }

    function Start-Seed {
        $script:seed = Start-TestSession $inside @"
`$patron = New-TorrentPatron child -Port 6881 -PortMapping On -DisableDht -DisableLocalDiscovery -StatePath '$TestDrive/state'
`$null = Start-Torrent '$($content.Torrent)' -Destination '$($content.Folder)' -Patron `$patron
"@ -Report @'
$engine = $patron.Engine
[pscustomobject]@{
    Mappings = @($engine.PortMappings | ForEach-Object ToString); Expires = $engine.PortMappings[0].ExpiresAt; Problem = $engine.PortMappingProblem
    Outside = "$($engine.OutsideAddress)"; HasIncoming = $engine.HasIncoming; View = ($patron | Format-List | Out-String -Width 200)
}
'@
    }

    # Downloads from outside; returns whether the data arrived.
    function Invoke-Download {
        param([string] $Peer)

        $files = Join-Path $TestDrive ([guid]::NewGuid())
        $download = Start-TestProcess -Network $outside (Get-TestShell @"
`$env:TORRENTPATRON_STATE = '$files-state'
Import-Module '$(Get-TestModulePath)'
Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer '$Peer' -Wait -Timeout 120 | Out-Null
"@)
        $download.WaitForExit(90000) -and (Test-SameContent (Join-Path $files data.bin) $content.File)
    }
}

Describe 'A port that a router maps' -Skip:(-not $canRoute) {
    BeforeAll {
        $script:daemon = $null
        $script:inside = "tp-inside-$PID"
        $script:router = "tp-router-$PID"
        $script:outside = "tp-outside-$PID"
        New-TestNetwork $inside, $router, $outside
        # miniupnpd requires a public address outside. No traffic leaves the namespaces.
        Connect-TestNetwork @{ Network = $inside; Link = 'lan0'; Address = '192.168.77.2/24' } @{ Network = $router; Link = 'lan1'; Address = '192.168.77.1/24' }
        Connect-TestNetwork @{ Network = $outside; Link = 'out0'; Address = '11.22.33.9/24' } @{ Network = $router; Link = 'wan0'; Address = '11.22.33.1/24' }
        ip -n $inside route add default via 192.168.77.1
        ip netns exec $router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
        $script:content = New-TestContent -Size 1MB
    }

    AfterEach {
        $null = Stop-TestSession $seed
        Stop-Router
    }

    AfterAll {
        Stop-TestProcess
        Remove-TestNetwork $inside, $router, $outside
    }

    It 'admits peers from outside, by <Means>, and is removed at the end' -ForEach @(
        @{ Means = 'PCP'; NatPmp = 'yes'; Upnp = 'no'; Deaf = $false }
        @{ Means = 'NAT-PMP'; NatPmp = 'yes'; Upnp = 'no'; Deaf = $true }
        @{ Means = 'UPnP'; NatPmp = 'no'; Upnp = 'yes'; Deaf = $false }
    ) {
        Start-Router -NatPmp $NatPmp -Upnp $Upnp
        if ($Deaf) {
            # Blocks PCP, which is version 2.
            ip netns exec $router nft add rule inet filter input udp dport 5351 '@th,64,8' 2 drop
        }
        Start-Seed
        Wait-TestCondition { @((Get-Engine).Mappings).Count -eq 2 } | Should -BeTrue
        (Get-Engine).Mappings | Should -Be "TCP 6881 as 11.22.33.1:6881 by $Means", "UDP 6881 as 11.22.33.1:6881 by $Means"
        (Get-Engine).Outside | Should -Be 11.22.33.1
        (Get-Engine).Expires | Should -BeGreaterThan (Get-Date)
        (Get-Engine).HasIncoming | Should -BeFalse
        (Get-Engine).View | Should -Match "TCP 6881 as 11\.22\.33\.1:6881 by $Means"
        @(Get-Rule).Count | Should -Be 2

        Invoke-Download 11.22.33.1:6881 | Should -BeTrue
        Wait-TestCondition { (Get-Engine).HasIncoming } | Should -BeTrue

        Stop-TestSession $seed | Should -BeTrue
        Get-Rule | Should -BeNullOrEmpty
    }

    It 'opens the firewall over IPv6, by <Means>, and closes it at the end' -ForEach @(
        @{ Means = 'PCP'; Deaf = $false }
        @{ Means = 'UPnP'; Deaf = $true }
    ) {
        ip -n $inside address add 2001:db8:77::2/64 dev lan0 nodad
        ip -n $router address add 2001:db8:77::1/64 dev lan1 nodad
        ip -n $router address add 2001:db8:99::1/64 dev wan0 nodad
        ip -n $outside address add 2001:db8:99::9/64 dev out0 nodad
        try {
            ip netns exec $router sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
            ip -n $outside -6 route add default via 2001:db8:99::1
            $link = (ip -n $router -6 -j address show dev lan1 scope link | ConvertFrom-Json).addr_info.local
            ip -n $inside -6 route add default via $link dev lan0
            Start-Router -NatPmp yes -Upnp yes
            if ($Deaf) {
                ip netns exec $router nft add rule inet filter input meta nfproto ipv6 udp dport 5351 drop
            }
            Start-Seed
            Wait-TestCondition -Seconds 60 { @((Get-Engine).Mappings).Count -eq 4 } | Should -BeTrue
            (Get-Engine).Mappings | Select-Object -Last 2 |
            Should -Be "TCP 6881 as [2001:db8:77::2]:6881 by $Means", "UDP 6881 as [2001:db8:77::2]:6881 by $Means"
            (Get-Engine).Outside | Should -Be 11.22.33.1
            Invoke-Download '[2001:db8:77::2]:6881' | Should -BeTrue
            Stop-TestSession $seed | Should -BeTrue
            @(ip netns exec $router nft list chain inet filter miniupnpd) -match 'accept' | Should -BeNullOrEmpty
        } finally {
            ip -n $inside address delete 2001:db8:77::2/64 dev lan0
            ip -n $router address delete 2001:db8:77::1/64 dev lan1
            ip -n $router address delete 2001:db8:99::1/64 dev wan0
            ip -n $outside address delete 2001:db8:99::9/64 dev out0
            ip -n $inside -6 route delete default
            ip -n $outside -6 route delete default
        }
    }

    It 'is renewed when the port changes, and the old one is removed' {
        Start-Router -NatPmp yes -Upnp no
        Start-Seed
        Wait-TestCondition { @(Get-Rule).Count -eq 2 } | Should -BeTrue
        Invoke-TestSession $seed '$patron | Set-TorrentPatron -Port 7001'
        Wait-TestCondition { (Get-Engine).Mappings -contains 'TCP 7001 as 11.22.33.1:7001 by PCP' } | Should -BeTrue
        @(Get-Rule) -match 'dport 7001' | Should -Not -BeNullOrEmpty
        @(Get-Rule) -match '0x6 .*dport 6881' | Should -BeNullOrEmpty
    }

    It 'is restored after a restart of the router' {
        Start-Router -NatPmp yes -Upnp no
        Start-Seed
        Wait-TestCondition { @(Get-Rule).Count -eq 2 } | Should -BeTrue
        # A continuous epoch would say that no mapping was lost, so it must not be continuous.
        Start-Sleep -Seconds 4
        Stop-Router
        ip netns exec $router nft flush ruleset
        Get-Rule | Should -BeNullOrEmpty
        Start-Router -NatPmp yes -Upnp no
        Wait-TestCondition { @(Get-Rule).Count -eq 2 } | Should -BeTrue
        Stop-TestSession $seed | Should -BeTrue
        Get-Rule | Should -BeNullOrEmpty
    }

    It 'is reported as missing if no router answers' {
        Start-Seed
        Wait-TestCondition -Seconds 60 { (Get-Engine).Problem } | Should -BeTrue
        (Get-Engine).Problem | Should -Be 'The router does not answer PCP, NAT-PMP or UPnP.'
        @((Get-Engine).Mappings).Count | Should -Be 0
    }
}
