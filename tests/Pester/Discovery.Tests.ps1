# Finding peers without trackers. Everything stays on loopback: the DHT consists only of these tests.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:hasLibtorrent = [bool] (Get-TestPython)
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:savedDiscovery = $env:TORRENTPATRON_DISCOVERY
    $script:nobody = '127.0.0.1:9'
    $script:content = New-TestContent
    $script:magnet = ConvertTo-MagnetLink $content.Torrent

    function New-DhtPatron {
        # A patron whose node uses another as bootstrap node.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param([string] $Name, [string] $Node)

        $env:TORRENTPATRON_DISCOVERY = $Node
        New-TorrentPatron $Name -BindAddress 127.0.0.1 -StatePath (Join-Path $here "$Name state") -StatusInterval 0.2 -DisableLocalDiscovery
    }
}

AfterAll {
    $env:TORRENTPATRON_DISCOVERY = $script:savedDiscovery
}

Describe 'Discovery' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
    }

    AfterEach {
        Get-TorrentPatron | Stop-TorrentPatron
        $env:TORRENTPATRON_DISCOVERY = 'off'
    }

    Context 'With only the DHT' {
        BeforeEach {
            $script:seeder = New-DhtPatron seeder $nobody
            $null = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $seeder -Timeout 120
            $script:node = "$($seeder.Engine.Dht.EndPoints[0])"
        }

        It 'needs only a magnet link, and Get-TorrentPatron shows the DHT' {
            $leecher = New-DhtPatron leecher $node
            $done = Start-Torrent $magnet -Destination $here -Patron $leecher -Timeout 120
            Test-SameContent $done.Path $content.File | Should -BeTrue
            $done.Trackers | Should -BeNullOrEmpty

            $dht = (Get-TorrentPatron leecher).Engine.Dht
            $dht.IsReady | Should -BeTrue
            $dht.NodesIPv4 | Should -Be 1
            $dht.Torrents | Should -Be 1
            (Get-TorrentPatron leecher | Format-List | Out-String) | Should -Match 'Dht\s+: 1 nodes \(IPv4\)'
        }

        It 'needs only the nodes of an earlier session' {
            $first = New-DhtPatron leecher $node
            $null = Start-Torrent $magnet -Destination "$here/1" -Patron $first -Timeout 120
            $first | Stop-TorrentPatron
            Join-Path $here 'leecher state/dht' | Should -Exist

            $second = New-DhtPatron leecher $nobody
            $done = Start-Torrent $magnet -Destination "$here/2" -Patron $second -Timeout 120
            Test-SameContent $done.Path $content.File | Should -BeTrue
        }

        It 'neither announces nor looks for a private torrent' {
            $private = New-TorrentFile $content.File -Destination "$here.torrent" -Private -PieceLength 64KB
            $null = Start-Torrent $private -Destination $content.Folder -Patron $seeder -Timeout 120
            Get-TorrentStatus -Patron $seeder | Should -HaveCount 2
            $seeder.Engine.Dht.Torrents | Should -Be 1
        }

        It 'finds libtorrent, and is found by it' -Skip:(-not $hasLibtorrent) {
            $theirs = New-TestContent -Folder "$here/theirs" -Name 'theirs.bin'
            $null = New-Item -ItemType Directory "$here/libtorrent"
            $null = Start-TestLibtorrent $theirs.Torrent $theirs.Folder "127.0.0.1:$(Get-TestPort)" -Option '--dht', $node
            $null = Start-TestLibtorrent $magnet "$here/libtorrent" "127.0.0.1:$(Get-TestPort)" -Option '--dht', $node
            try {
                Wait-TestCondition { $seeder.Engine.Dht.StoredTorrents -ge 2 } | Should -BeTrue
                $leecher = New-DhtPatron leecher $node
                $done = Start-Torrent (ConvertTo-MagnetLink $theirs.Torrent) -Destination "$here/ours" -Patron $leecher -Timeout 120
                Test-SameContent $done.Path $theirs.File | Should -BeTrue
                $got = "$here/libtorrent/$($content.Name)"
                Wait-TestCondition { (Test-Path $got) -and (Test-SameContent $got $content.File) } | Should -BeTrue
            } finally {
                Stop-TestProcess
            }
        }
    }

    Context 'New-TorrentPatron' {
        It 'uses the DHT unless -DisableDht or the environment disables it' {
            $with = New-DhtPatron with $nobody
            $without = New-TorrentPatron without -BindAddress 127.0.0.1 -StatePath "$here/without" -DisableDht -DisableLocalDiscovery
            $env:TORRENTPATRON_DISCOVERY = 'off'
            $off = New-TorrentPatron off -BindAddress 127.0.0.1 -StatePath "$here/off"
            $with, $without, $off | ForEach-Object {
                $null = Start-Torrent $content.Torrent -Destination "$here/of $($_.Name)" -Patron $_ -Suspended
            }

            $with.Engine.Dht | Should -Not -BeNullOrEmpty
            $with.Engine.Dht.EndPoints[0].Port | Should -Be $with.Port
            $without.Engine.Dht | Should -BeNullOrEmpty
            $off.Engine.Dht | Should -BeNullOrEmpty
        }

        It 'looks in the local network unless -DisableLocalDiscovery or the environment disables it' {
            $env:TORRENTPATRON_DISCOVERY = $nobody
            (New-TorrentPatron with -DisableDht).Service.Settings.Client.LocalDiscovery | Should -BeTrue
            (New-TorrentPatron without -DisableLocalDiscovery).Service.Settings.Client.LocalDiscovery | Should -BeFalse
            $env:TORRENTPATRON_DISCOVERY = 'off'
            (New-TorrentPatron off -Port -1).Service.Settings.Client.LocalDiscovery | Should -BeFalse
        }
    }
}
