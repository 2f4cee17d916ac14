# Peer classes: the parameters; and a seed in network namespaces, with a libtorrent peer in its local network and one on the internet. The
# latter needs Linux, root, iproute2 and libtorrent.
BeforeDiscovery {
    $script:hasNetworks = $IsLinux -and (id -u) -eq 0 -and (Get-Command ip, /usr/bin/python3 -ErrorAction Ignore).Count -eq 2 -and
    $(/usr/bin/python3 -c 'import libtorrent' 2>$null; $LASTEXITCODE -eq 0) -and
    $(ip netns add tp-probe-cl 2>$null; $LASTEXITCODE -eq 0)
    if ($IsLinux -and (Get-Command ip -ErrorAction Ignore)) {
        ip netns delete tp-probe-cl 2>$null
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'The parameters of peer classes' {
    BeforeAll {
        $script:patron = New-TorrentPatron classes -StatePath "$TestDrive/classes" -MaxUploadRate 1MB -PeerClass @(
            @{ Name = 'server'; Range = '10.0.0.5', '2001:db8::5' }
            @{ name = 'office'; range = '10.0.0.0/8'; MaxUploadRate = '5 MiB/s'; MaxDownloadRate = 0; Preferred = $true }
        )
    }

    It 'are shown by the patron' {
        $patron.LimitLocalPeers | Should -BeFalse
        $server, $office = $patron.PeerClasses
        $server.Name, $server.Range | Should -Be server, '10.0.0.5, 2001:db8::5'
        $server.MaxUploadRate, $server.MaxDownloadRate | Should -Be $null, $null
        $server.IsPreferred | Should -BeFalse
        $office.MaxUploadRate, $office.MaxDownloadRate | Should -Be 5MB, 0
        $office.IsPreferred | Should -BeTrue
        $patron | Format-List | Out-String | Should -BeLike '*server (10.0.0.5, 2001:db8::5); office (10.0.0.0/8)*'
    }

    It 'stay unchanged when others are set, and can be removed' {
        $patron | Set-TorrentPatron -LimitLocalPeers
        $patron.LimitLocalPeers | Should -BeTrue
        $patron.PeerClasses.Name | Should -Be server, office
        $patron | Set-TorrentPatron -MaxUploadRate 2MB
        $patron.LimitLocalPeers | Should -BeTrue
        $patron | Set-TorrentPatron -LimitLocalPeers:$false
        $patron.LimitLocalPeers | Should -BeFalse
        $kept = $patron.PeerClasses
        $patron | Set-TorrentPatron -PeerClass @()
        $patron.PeerClasses | Should -BeNullOrEmpty
        $patron | Set-TorrentPatron -PeerClass $kept
        $patron.PeerClasses.Name | Should -Be server, office
    }

    It 'are unchanged after <Where>' -ForEach @(
        @{ Where = 'a CSV file'; Trip = { $args[0] | ConvertTo-Csv | ConvertFrom-Csv } }
        @{ Where = 'JSON'; Trip = { $args[0] | ConvertTo-Json | ConvertFrom-Json } }
        @{ Where = 'a serialized patron'; Trip = {
                $file = Join-Path $TestDrive patron.xml
                $patron | Export-Clixml $file
                (Import-Clixml $file).PeerClasses
            }
        }
    ) {
        $before = $patron.PeerClasses
        $patron | Set-TorrentPatron -PeerClass @(& $Trip $before)
        ($patron.PeerClasses | ConvertTo-Json) | Should -Be ($before | ConvertTo-Json)
    }

    It 'are refused <What>' -ForEach @(
        @{ What = 'without a name'; Class = @{ Range = '10.0.0.0/8' }; Says = '*1 to 64 characters*' }
        @{ What = 'without addresses'; Class = @{ Name = 'x' }; Says = "*'x' has no addresses*" }
        @{ What = 'with a host name'; Class = @{ Name = 'x'; Range = 'office.example' }; Says = "*'office.example' is not an address*" }
        @{ What = 'with an invalid rate'; Class = @{ Name = 'x'; Range = '10.0.0.1'; MaxUploadRate = 'fast' }; Says = "*'fast' is not a valid MaxUploadRate*" }
        @{ What = 'with a rate below 0'; Class = @{ Name = 'x'; Range = '10.0.0.1'; MaxDownloadRate = -1 }; Says = "*'-1' is not a valid MaxDownloadRate*" }
        @{ What = 'with an unknown key'; Class = @{ Name = 'x'; Range = '10.0.0.1'; MaxUpload = 1 }; Says = "*has no 'MaxUpload'*" }
        @{ What = 'by the name of the built-in one'; Class = @{ Name = 'local'; Range = '10.0.0.1' }; Says = '*built-in*' }
        @{ What = 'twice'; Class = @{ Name = 'x'; Range = '10.0.0.1' }, @{ Name = 'X'; Range = '10.0.0.2' }; Says = "*named 'x'*" }
        @{ What = 'as text'; Class = '10.0.0.0/8'; Says = "*'10.0.0.0/8' is not a peer class*" }
    ) {
        { $patron | Set-TorrentPatron -PeerClass $Class } | Should -Throw $Says -ErrorId 'ParameterArgumentTransformationError,*'
        $patron.PeerClasses.Name | Should -Be server, office
    }
}

Describe 'A seed with a peer in its local network and one on the internet' -Skip:(-not $hasNetworks) {
    BeforeAll {
        $script:started = @()
        $script:here = "tp-clh-$PID"
        $script:peers = @{
            near = @{ Network = "tp-cln-$PID"; Link = 'near'; Here = '10.78.1.2'; There = '10.78.1.1' }
            far  = @{ Network = "tp-clf-$PID"; Link = 'far'; Here = '198.51.100.2'; There = '198.51.100.1' }
        }
        ip netns add $here
        ip -n $here link set lo up
        foreach ($peer in $peers.Values) {
            ip netns add $peer.Network
            ip -n $peer.Network link set lo up
            ip -n $here link add "$($peer.Link)0" type veth peer name "$($peer.Link)1" netns $peer.Network
            ip -n $here address add "$($peer.Here)/24" dev "$($peer.Link)0"
            ip -n $peer.Network address add "$($peer.There)/24" dev "$($peer.Link)1"
            ip -n $here link set "$($peer.Link)0" up
            ip -n $peer.Network link set "$($peer.Link)1" up
            # libtorrent listens on the addresses of the links that are up.
            Wait-TestCondition { @(ip -n $peer.Network link show up) -match "$($peer.Link)1@.* state UP " } | Should -BeTrue
        }

        $script:limit = 100KB
        $script:content = New-TestContent -Folder (Join-Path $TestDrive seed) -Size 8MB

        function Start-InNetwork {
            param([string] $Network, [string[]] $Command)

            $start = [Diagnostics.ProcessStartInfo]::new('ip', [string[]] (@('netns', 'exec', $Network) + $Command))
            $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
            $process = [Diagnostics.Process]::Start($start)
            $script:started += $process
            $process
        }

        # A libtorrent peer without data.
        function Start-Leech {
            param([string] $Which, [string[]] $Option = @())

            $folder = Join-Path $TestDrive ([guid]::NewGuid())
            $null = New-Item -ItemType Directory $folder
            $script = Join-Path $PSScriptRoot '../Interop/Python/libtorrent_peer.py'
            $process = Start-InNetwork $peers[$Which].Network (@('/usr/bin/python3', $script) + $Option +
                @($content.Torrent, $folder, "$($peers[$Which].There):7000", "$($peers[$Which].Here):7000"))
            [pscustomobject]@{ Address = $peers[$Which].There; Process = $process; File = Join-Path $folder $content.Name }
        }

        function Stop-Leech {
            param($Leech)

            $Leech.Process.StandardInput.Close()
            $null = $Leech.Process.WaitForExit(15000)
        }

        # The seed's view of its peer, as it wrote it last.
        function Get-Seen {
            param($Leech)

            try { Get-Content (Join-Path $TestDrive peers.json) -Raw -ErrorAction Stop | ConvertFrom-Json | Where-Object Address -EQ $Leech.Address } catch { $null }
        }

        # Changes the seed's patron while it runs.
        function Set-Seed {
            param([string] $Parameters)

            Set-Content "$TestDrive/change.new" "`$patron | Set-TorrentPatron $Parameters"
            Move-Item "$TestDrive/change.new" "$TestDrive/change"
            Wait-TestCondition { -not (Test-Path "$TestDrive/change") } | Should -BeTrue
        }

        function Wait-Complete {
            param($Leech)

            # The peer may be complete and gone before the seed has written anything about it. The seed's limit alone would take 80 s.
            Wait-TestCondition -Seconds 60 { (Get-Item $Leech.File -ErrorAction Ignore).Length -eq 8MB -and (Test-SameContent $Leech.File $content.File) }
        }

        Set-Content (Join-Path $TestDrive child.ps1) @"
Import-Module '$(Get-TestModulePath)'
`$patron = New-TorrentPatron seed -Port 7000 -StatePath '$TestDrive/state' -MaxUploadRate $limit -DisableDht -DisableLocalDiscovery -PortMapping Off
`$running = Start-Torrent '$($content.Torrent)' -Destination '$($content.Folder)' -Patron `$patron
`$running | Wait-Torrent
while (-not (Test-Path '$TestDrive/end')) {
    if (Test-Path '$TestDrive/change') {
        & ([scriptblock]::Create((Get-Content '$TestDrive/change' -Raw)))
        Remove-Item '$TestDrive/change'
    }
    ConvertTo-Json @(`$running | Get-TorrentPeer | Select-Object @{ Name = 'Address'; Expression = { "`$(`$_.EndPoint.Address)" } }, Class, BytesSent, PercentComplete, @{ Name = 'Transport'; Expression = { "`$(`$_.Transport)" } }) |
        Set-Content '$TestDrive/peers.new'
    Move-Item '$TestDrive/peers.new' '$TestDrive/peers.json' -Force
    Start-Sleep -Milliseconds 100
}
`$patron | Stop-TorrentPatron
"@
        $script:child = Start-InNetwork $here (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-File', (Join-Path $TestDrive child.ps1))
        Wait-TestCondition { Test-Path "$TestDrive/peers.json" } | Should -BeTrue
    }

    AfterAll {
        Set-Content (Join-Path $TestDrive end) end
        $null = $child.WaitForExit(15000)
        foreach ($process in $started | Where-Object { -not $_.HasExited }) {
            $process.Kill($true)
        }
        foreach ($network in @($here) + $peers.Values.Network) {
            ip netns delete $network
        }
    }

    It 'sends the local peer everything at once, and limits the remote one' {
        $script:clock = [Diagnostics.Stopwatch]::StartNew()
        $script:far = Start-Leech far
        Wait-TestCondition { (Get-Seen $far).BytesSent -gt 0 } | Should -BeTrue
        $near = Start-Leech near
        Wait-Complete $near | Should -BeTrue
        $seen = Get-Seen $far
        $seen.Class | Should -BeNullOrEmpty
        $seen.BytesSent | Should -BeLessOrEqual ($limit * ($clock.Elapsed.TotalSeconds + 1))
        $seen.BytesSent | Should -BeLessThan 8MB
        Stop-Leech $near
    }

    It 'limits the local peer with -LimitLocalPeers, and not without it: by <Transport>' -ForEach @(
        @{ Transport = 'Tcp'; Option = @() }
        @{ Transport = 'Utp'; Option = @('--utp') }
    ) {
        Set-Seed '-LimitLocalPeers'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $near = Start-Leech near $Option
        Wait-TestCondition { (Get-Seen $near).BytesSent -gt 0 } | Should -BeTrue
        Start-Sleep -Seconds 4
        $seen = Get-Seen $near
        $seen.Class, $seen.Transport | Should -Be Local, $Transport
        $seen.BytesSent | Should -BeLessOrEqual ($limit * ($clock.Elapsed.TotalSeconds + 1))
        Set-Seed '-LimitLocalPeers:$false'
        Wait-Complete $near | Should -BeTrue
        Stop-Leech $near
    }

    It 'applies a class with its own limit, also to a connected peer' {
        $sent = (Get-Seen $far).BytesSent
        $sent | Should -BeLessThan 8MB
        # Fast enough to see the difference, and slow enough to see the peer before it is complete and gone.
        Set-Seed '-PeerClass @{ Name = ''friends''; Range = ''198.51.100.0/24''; MaxUploadRate = ''1M''; Preferred = $true }'
        Wait-TestCondition { (Get-Seen $far).Class -eq 'friends' } | Should -BeTrue
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Wait-Complete $far | Should -BeTrue
        $clock.Elapsed.TotalSeconds | Should -BeLessThan ((8MB - $sent) / $limit)
        Stop-Leech $far
    }
}
