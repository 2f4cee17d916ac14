# The IP filter, with libtorrent at two addresses of this machine.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    # Only Linux has all of 127.0.0.0/8.
    $script:hasLibtorrent = $IsLinux -and (Get-TestPython)
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:here = Join-Path $TestDrive filters
    $null = New-Item -ItemType Directory $here

    function New-Filter {
        param([string] $Name, [string] $Text, [switch] $Compressed)

        $path = Join-Path $here $Name
        if (-not $Compressed) {
            Set-Content $path $Text
            return $path
        }
        $gzip = [IO.Compression.GZipStream]::new([IO.File]::Create($path), [IO.Compression.CompressionLevel]::Fastest)
        $gzip.Write([Text.Encoding]::ASCII.GetBytes($Text))
        $gzip.Dispose()
        $path
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'An IP filter' {
    It 'is refused with its path if it is <What>' -ForEach @(
        @{ What = 'missing'; Text = $null }
        @{ What = 'empty'; Text = '' }
        @{ What = 'not a filter'; Text = '<html><body>404 Not Found</body></html>' }
    ) {
        $path = Join-Path $here "$What.dat"
        if ($null -ne $Text) {
            Set-Content $path $Text
        }
        { New-TorrentPatron "refused $What" -StatePath "$TestDrive/refused" -IPFilter $path } | Should -Throw "*$([WildcardPattern]::Escape($path))*" -ErrorId 'FilterNotReadable,*'
        Get-TorrentPatron "refused $What" -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'refuses an invalid address' {
        { New-TorrentPatron wrong -StatePath "$TestDrive/wrong" -AllowOnly 10.0.0.0/8, example.com } | Should -Throw "*'example.com'*" -ErrorId 'InvalidArgument,*'
    }

    It 'warns once that lines are skipped' {
        $path = New-Filter some.dat "1.1.1.1`nbad`n"
        $patron = New-TorrentPatron some -StatePath "$TestDrive/some" -IPFilter $path -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*(1, beginning with line 2)*'
        $patron.Service.Settings.Client.Filter.BlockedRanges | Should -Be 1
        # Settings that are not given stay unchanged.
        $patron | Set-TorrentPatron -AllowOnly 1.0.0.0/8
        $filter = $patron.Service.Settings.Client.Filter
        $filter.BlockedRanges, $filter.AllowedRanges | Should -Be 1, 1
        $patron | Set-TorrentPatron -IPFilter @() -AllowOnly @()
        $patron.Service.Settings.Client.Filter | Should -BeNullOrEmpty
    }

    It 'connects only to allowed peers, and disconnects newly blocked ones' -Skip:(-not $hasLibtorrent) {
        $content = New-TestContent -Size 8MB
        foreach ($address in '127.0.0.2', '127.0.0.3') {
            $null = Start-TestLibtorrent $content.Torrent $content.Folder "${address}:17654" -Option '--upload-limit', '200000'
        }
        try {
            $two = New-Filter two.dat.gz '127.000.000.002 - 127.000.000.002 , 000 , libtorrent' -Compressed
            $three = New-Filter three.p2p 'libtorrent:127.0.0.3-127.0.0.3'
            $patron = New-TorrentPatron filtered -BindAddress 127.0.0.1 -StatePath "$TestDrive/filtered" -StatusInterval 0.2 -MaxDownloadRate 300KB -IPFilter $two
            $running = Start-Torrent $content.Torrent -Destination "$TestDrive/files" -Patron $patron -Peer 127.0.0.2:17654, 127.0.0.3:17654
            Wait-TestCondition { ($running | Get-TorrentStatus).BytesReceived -gt 0 } | Should -BeTrue
            ($running | Get-TorrentPeer).EndPoint.Address | Should -Be 127.0.0.3
            $patron.Engine.FilteredConnections | Should -BeGreaterThan 0

            $patron | Set-TorrentPatron -IPFilter $three -ErrorAction Stop
            ($running | Get-TorrentPeer).EndPoint.Address | Should -Not -Contain 127.0.0.3
            ($running | Get-TorrentPeer -Recent).Reason | Should -BeLike '*IP filter*'
            Add-TorrentPeer data.bin 127.0.0.2:17654 -Patron $patron -ErrorAction Stop
            Wait-TestCondition { ($running | Get-TorrentPeer).EndPoint.Address -eq '127.0.0.2' } | Should -BeTrue
        } finally {
            Stop-TestProcess
        }
    }
}
