# A router that maps ports, miniupnpd, in network namespaces: a machine behind it, and one outside. Needs Linux, root, iproute2, nftables and
# miniupnpd.
BeforeDiscovery {
    $script:canRoute = $IsLinux -and (id -u) -eq 0 -and (Get-Command ip, nft, miniupnpd -ErrorAction Ignore).Count -eq 3 -and
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

        $start = [Diagnostics.ProcessStartInfo]::new('ip', [string[]](@('netns', 'exec', $Network) + $Command))
        $start.RedirectStandardInput = $true
        $process = [Diagnostics.Process]::Start($start)
        $script:started += $process
        $process
    }

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
        $pidFile = Join-Path $TestDrive 'miniupnpd.pid'
        $script:daemon = Start-InNetwork $router 'sh', '-c', "exec miniupnpd -d -f '$config' -P '$pidFile' > '$TestDrive/miniupnpd.log' 2>&1"
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
        try { Get-Content (Join-Path $TestDrive status.json) -Raw -ErrorAction Stop | ConvertFrom-Json } catch { $null }
    }

    function Start-Seed {
        Remove-Item (Join-Path $TestDrive end), (Join-Path $TestDrive status.json) -ErrorAction Ignore
        Set-Content (Join-Path $TestDrive child.ps1) @"
Import-Module '$(Get-TestModulePath)'
`$patron = New-TorrentPatron child -Port 6881 -PortMapping On -DisableDht -DisableLocalDiscovery -StatePath '$TestDrive/state'
`$null = Start-Torrent '$($content.Torrent)' -Destination '$($content.Folder)' -Patron `$patron
while (-not (Test-Path '$TestDrive/end')) {
    if (Test-Path '$TestDrive/port') {
        `$patron | Set-TorrentPatron -Port (Get-Content '$TestDrive/port')
        Remove-Item '$TestDrive/port'
    }
    `$engine = `$patron.Engine
    [pscustomobject]@{
        Mappings = @(`$engine.PortMappings | ForEach-Object ToString); Expires = `$engine.PortMappings[0].ExpiresAt; Problem = `$engine.PortMappingProblem
        Outside = "`$(`$engine.OutsideAddress)"; HasIncoming = `$engine.HasIncoming; View = (`$patron | Format-List | Out-String -Width 200)
    } | ConvertTo-Json | Set-Content '$TestDrive/status.new'
    Move-Item '$TestDrive/status.new' '$TestDrive/status.json' -Force
    Start-Sleep -Milliseconds 100
}
`$patron | Stop-TorrentPatron
"@
        $script:child = Start-InNetwork $inside (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-File', (Join-Path $TestDrive child.ps1))
    }

    function Stop-Seed {
        Set-Content (Join-Path $TestDrive end) end
        $child.WaitForExit(30000) | Should -BeTrue
    }
}

Describe 'A port that a router maps' -Skip:(-not $canRoute) {
    BeforeAll {
        $script:started = @()
        $script:daemon = $null
        $script:inside = "tp-inside-$PID"
        $script:router = "tp-router-$PID"
        $script:outside = "tp-outside-$PID"
        foreach ($network in $inside, $router, $outside) {
            ip netns add $network
            ip -n $network link set lo up
        }
        ip -n $inside link add lan0 type veth peer name lan1 netns $router
        ip -n $outside link add out0 type veth peer name wan0 netns $router
        # miniupnpd requires a public address outside. No traffic leaves the namespaces.
        ip -n $inside address add 192.168.77.2/24 dev lan0
        ip -n $router address add 192.168.77.1/24 dev lan1
        ip -n $router address add 11.22.33.1/24 dev wan0
        ip -n $outside address add 11.22.33.9/24 dev out0
        ip -n $inside link set lan0 up
        ip -n $router link set lan1 up
        ip -n $router link set wan0 up
        ip -n $outside link set out0 up
        ip -n $inside route add default via 192.168.77.1
        ip netns exec $router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
        $script:content = New-TestContent -Folder (Join-Path $TestDrive seed) -Size 1MB
    }

    AfterEach {
        Set-Content (Join-Path $TestDrive end) end
        $null = $child.WaitForExit(15000)
        Stop-Router
    }

    AfterAll {
        foreach ($process in $started | Where-Object { -not $_.HasExited }) {
            $process.Kill($true)
        }
        foreach ($network in $inside, $router, $outside) {
            ip netns delete $network
        }
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

        $files = Join-Path $TestDrive "files-$Means"
        $command = "Import-Module '$(Get-TestModulePath)'; Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer 11.22.33.1:6881 -Wait -Timeout 120 | Out-Null"
        $download = Start-InNetwork $outside (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-Command', "`$env:TORRENTPATRON_STATE = '$files-state'; $command")
        $download.WaitForExit(90000) | Should -BeTrue
        Test-SameContent (Join-Path $files data.bin) $content.File | Should -BeTrue
        Wait-TestCondition { (Get-Engine).HasIncoming } | Should -BeTrue

        Stop-Seed
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
            $clock = [Diagnostics.Stopwatch]::StartNew()
            while (@((Get-Engine).Mappings).Count -ne 4 -and $clock.Elapsed.TotalSeconds -lt 60) {
                Start-Sleep -Milliseconds 200
            }
            (Get-Engine).Mappings | Select-Object -Last 2 |
            Should -Be "TCP 6881 as [2001:db8:77::2]:6881 by $Means", "UDP 6881 as [2001:db8:77::2]:6881 by $Means"
            (Get-Engine).Outside | Should -Be 11.22.33.1
            $files = Join-Path $TestDrive "files-6-$Means"
            $command = "Import-Module '$(Get-TestModulePath)'; Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer '[2001:db8:77::2]:6881' -Wait -Timeout 120 | Out-Null"
            $download = Start-InNetwork $outside (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-Command', "`$env:TORRENTPATRON_STATE = '$files-state'; $command")
            $download.WaitForExit(90000) | Should -BeTrue
            Test-SameContent (Join-Path $files data.bin) $content.File | Should -BeTrue
            Stop-Seed
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
        Set-Content (Join-Path $TestDrive port) 7001
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
        Stop-Seed
        Get-Rule | Should -BeNullOrEmpty
    }

    It 'is reported as missing if no router answers' {
        Start-Seed
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while (-not (Get-Engine).Problem -and $clock.Elapsed.TotalSeconds -lt 60) {
            Start-Sleep -Milliseconds 200
        }
        (Get-Engine).Problem | Should -Be 'The router does not answer PCP, NAT-PMP or UPnP.'
        @((Get-Engine).Mappings).Count | Should -Be 0
    }
}
