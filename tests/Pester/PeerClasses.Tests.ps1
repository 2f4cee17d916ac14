# Peer classes: the parameters; and a seed in network namespaces, with a libtorrent peer in its local network and one on the internet. The
# latter needs Linux, root, iproute2 and libtorrent.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:hasNetworks = Test-NetworkSupport -Libtorrent
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
        $script:here = "tp-clh-$PID"
        $script:peers = @{
            near = @{ Network = "tp-cln-$PID"; Link = 'near'; Here = '10.78.1.2'; There = '10.78.1.1' }
            far  = @{ Network = "tp-clf-$PID"; Link = 'far'; Here = '198.51.100.2'; There = '198.51.100.1' }
        }
        New-TestNetwork (@($here) + $peers.Values.Network)
        foreach ($peer in $peers.Values) {
            Connect-TestNetwork @{ Network = $here; Link = "$($peer.Link)0"; Address = "$($peer.Here)/24" } `
                @{ Network = $peer.Network; Link = "$($peer.Link)1"; Address = "$($peer.There)/24" }
        }

        $script:limit = 100KB
        $script:content = New-TestContent -Size 8MB

        # A libtorrent peer without data.
        function Start-Leech {
            param([string] $Which, [string[]] $Option = @())

            $folder = Join-Path $TestDrive ([guid]::NewGuid())
            $null = New-Item -ItemType Directory $folder
            $there = $peers[$Which]
            $process = Start-TestLibtorrent $content.Torrent $folder "$($there.There):7000" "$($there.Here):7000" $Option -Network $there.Network
            [pscustomobject]@{ Address = $there.There; Process = $process; File = Join-Path $folder $content.Name }
        }

        function Stop-Leech {
            param($Leech)

            $Leech.Process.StandardInput.Close()
            $null = $Leech.Process.WaitForExit(15000)
        }

        # The seed's view of its peer.
        function Get-Seen {
            param($Leech)

            Get-TestReport $seed | Where-Object Address -EQ $Leech.Address
        }

        function Wait-Complete {
            param($Leech)

            # The peer may be complete and gone before the seed has written anything about it. The seed's limit alone would take 80 s.
            Wait-TestCondition -Seconds 60 { (Get-Item $Leech.File -ErrorAction Ignore).Length -eq 8MB -and (Test-SameContent $Leech.File $content.File) }
        }

        $script:seed = Start-TestSession $here @"
`$patron = New-TorrentPatron seed -Port 7000 -StatePath '$TestDrive/state' -MaxUploadRate $limit -DisableDht -DisableLocalDiscovery -PortMapping Off
`$running = Start-Torrent '$($content.Torrent)' -Destination '$($content.Folder)' -Patron `$patron
`$running | Wait-Torrent
"@ -Report @'
$running | Get-TorrentPeer | Select-Object @{ Name = 'Address'; Expression = { "$($_.EndPoint.Address)" } }, Class, BytesSent, PercentComplete, @{ Name = 'Transport'; Expression = { "$($_.Transport)" } }
'@
        Wait-TestCondition { Test-Path "$($seed.Folder)/report.json" } | Should -BeTrue
    }

    AfterAll {
        $null = Stop-TestSession $seed
        Stop-TestProcess
        Remove-TestNetwork (@($here) + $peers.Values.Network)
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
        Invoke-TestSession $seed '$patron | Set-TorrentPatron -LimitLocalPeers'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $near = Start-Leech near $Option
        Wait-TestCondition { (Get-Seen $near).BytesSent -gt 0 } | Should -BeTrue
        Start-Sleep -Seconds 4
        $seen = Get-Seen $near
        $seen.Class, $seen.Transport | Should -Be Local, $Transport
        $seen.BytesSent | Should -BeLessOrEqual ($limit * ($clock.Elapsed.TotalSeconds + 1))
        Invoke-TestSession $seed '$patron | Set-TorrentPatron -LimitLocalPeers:$false'
        Wait-Complete $near | Should -BeTrue
        Stop-Leech $near
    }

    It 'applies a class with its own limit, also to a connected peer' {
        $sent = (Get-Seen $far).BytesSent
        $sent | Should -BeLessThan 8MB
        # Fast enough to see the difference, and slow enough to see the peer before it is complete and gone.
        Invoke-TestSession $seed '$patron | Set-TorrentPatron -PeerClass @{ Name = ''friends''; Range = ''198.51.100.0/24''; MaxUploadRate = ''1M''; Preferred = $true }'
        Wait-TestCondition { (Get-Seen $far).Class -eq 'friends' } | Should -BeTrue
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Wait-Complete $far | Should -BeTrue
        $clock.Elapsed.TotalSeconds | Should -BeLessThan ((8MB - $sent) / $limit)
        Stop-Leech $far
    }
}
