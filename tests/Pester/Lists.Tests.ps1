BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    function Get-PrintedList {
        # Format-List of everything on an object.
        param($Object)

        $Object | Format-List * | Out-String -Width 200
    }
}

Describe 'Lists on objects' {
    BeforeAll {
        $script:here = Join-Path $TestDrive 'lists'
        $null = New-Item -ItemType Directory -Path (Join-Path $here 'data')
        'one' | Set-Content (Join-Path $here 'data/a.txt')
        'two' | Set-Content (Join-Path $here 'data/b.txt')
        $script:trackers = 'udp://127.0.0.1:1/announce', 'udp://127.0.0.1:2/announce'
        $script:torrent = New-TorrentFile (Join-Path $here 'data') -Destination (Join-Path $here 'data.torrent') -Tracker $trackers
        $script:info = Get-TorrentInfo $torrent
        $script:patron = New-TestPatron -Name 'lists' -StatePath (Join-Path $here 'state')
        $script:status = Start-Torrent $torrent -Destination $here -Patron $patron -Tag 'red', 'blue' -Timeout 120
    }

    AfterAll {
        Stop-TorrentPatron -InputObject $patron
    }

    It 'of a .torrent can be indexed, counted and enumerated' {
        $info.Files[0].Path | Should -Be 'data/a.txt'
        $info.Files[-1].Path | Should -Be 'data/b.txt'
        $info.Files.Count | Should -Be 2
        $(foreach ($file in $info.Files) { $file.Path }) | Should -Be 'data/a.txt', 'data/b.txt'
        $info.Trackers[1] | Should -Be $trackers[1]
        $info.TrackerTiers[1][0] | Should -Be $trackers[1]
    }

    It 'of a running torrent and its patron can be indexed, counted and enumerated' {
        $status.Tags[0] | Should -Be 'red'
        $status.Tags.Count | Should -Be 2
        $status.Trackers[1].Uri | Should -Be $trackers[1]
        $status.Warnings.Count | Should -BeGreaterOrEqual 0
        $patron.Engine.ListenEndPoints[0].Port | Should -Be $patron.Port
        $patron.Statuses[0].Name | Should -Be 'data'
    }

    It 'become JSON arrays' {
        $json = $info | ConvertTo-Json -Depth 4 | ConvertFrom-Json
        $json.Files[1].Path | Should -Be 'data/b.txt'
        $json.TrackerTiers[0][0] | Should -Be $trackers[0]
        ($status | ConvertTo-Json -Depth 3 | ConvertFrom-Json).Tags | Should -Be 'red', 'blue'
    }

    It 'show their content' {
        $printed = Get-PrintedList $info
        $printed | Should -Match ([regex]::Escape("{$($trackers -join ', ')}"))
        foreach ($text in $printed, (Get-PrintedList $status), (Get-PrintedList $patron.Engine)) {
            $text | Should -Not -Match 'z__|ReadOnlyCollection'
        }
    }
}
