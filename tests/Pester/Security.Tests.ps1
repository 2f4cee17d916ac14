BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

# What other users and programs on the machine can do to us, and what they can read.
Describe 'Keys in the addresses of trackers' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:content = New-TestContent -Folder $here
        $script:key = '0123456789abcdef0123456789abcdef'
        $script:address = "http://127.0.0.1:9/$key/announce"
        $script:torrent = New-TorrentFile $content.File -Destination (Join-Path $here 'p.torrent') -Tracker $address -Private -Force
        $script:patron = New-TestPatron 'security' -StatePath (Join-Path $here 'state')
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    It 'are masked wherever a torrent is shown, and complete in their property' {
        $started = Start-Torrent $torrent $here -Patron $patron
        $tracker = $started | Get-TorrentTracker

        $tracker.Uri | Should -Be $address
        $tracker.MaskedUri | Should -Be 'http://127.0.0.1:9/***/announce'
        "$tracker" | Should -Be $tracker.MaskedUri
        $shown = $started, $tracker, $started.Trackers, (Get-TorrentInfo $torrent) | ForEach-Object {
            $_ | Format-Table | Out-String -Width 500
            $_ | Format-List | Out-String -Width 500
        }
        @($shown -match [regex]::Escape('http://127.0.0.1:9/***/announce')).Count | Should -BeGreaterOrEqual 5
        $shown -match $key | Should -HaveCount 0
        (Get-TorrentInfo $torrent).Trackers | Should -Be $address
    }

    It 'are not needed to name a tracker' {
        $started = Start-Torrent $torrent $here -Patron $patron
        $text = Get-WhatIfText { $started | Add-TorrentTracker -Uri "http://127.0.0.1:9/announce?passkey=$key" -WhatIf }
        $text | Should -Match 'passkey=\*\*\*'
        $started | Remove-TorrentTracker -Uri 'http://127.0.0.1:9/***/announce' -Confirm:$false
        $started | Get-TorrentTracker | Should -BeNullOrEmpty
    }

    It 'keep a masked address from removing several trackers with different keys' {
        $public = New-TorrentFile $content.File -Destination (Join-Path $here 'q.torrent') -Force -Tracker $address,
            'http://127.0.0.1:9/fedcba9876543210fedcba9876543210/announce', 'http://127.0.0.1:9/short'
        $started = Start-Torrent $public $here -Patron $patron
        $started | Remove-TorrentTracker -Uri 'http://127.0.0.1:9/***/announce' -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -Match '^InvalidArgument'
        "$failed" | Should -Match '2 trackers'
        "$failed" | Should -Not -Match $key
        $started | Get-TorrentTracker | Should -HaveCount 3

        $started | Get-TorrentTracker | Where-Object Uri -EQ $address | Remove-TorrentTracker -Confirm:$false
        $started | Get-TorrentTracker | Should -HaveCount 2
        $started | Remove-TorrentTracker -Uri 'http://127.0.0.1:9/***/announce' -Confirm:$false
        ($started | Get-TorrentTracker).Uri | Should -Be 'http://127.0.0.1:9/short'
    }

    It 'of a private torrent are omitted from its magnet link, unless asked for' {
        $link = ConvertTo-MagnetLink $torrent -WarningVariable warned -WarningAction SilentlyContinue
        $link | Should -Not -Match 'tr='
        "$warned" | Should -Match 'IncludePrivateTracker'
        ConvertTo-MagnetLink $torrent -IncludePrivateTracker -WarningVariable warned | Should -Match $key
        $warned | Should -BeNullOrEmpty
        ConvertTo-MagnetLink $torrent -NoTracker -WarningVariable warned | Should -Not -Match 'tr='
        $warned | Should -BeNullOrEmpty
    }
}

Describe 'A status from a file' {
    It 'with the name of one torrent and the info hash of another refers to neither, running or saved' {
        $here = Join-Path $TestDrive ([guid]::NewGuid())
        $patron = New-TestPatron 'files' -StatePath (Join-Path $here 'state')
        $shown, $meant = foreach ($name in 'shown.bin', 'meant.bin') {
            $content = New-TestContent -Folder $here -Name $name
            Start-Torrent $content.Torrent -Destination $here -Patron $patron
        }
        $file = Join-Path $here 'list.xml'
        $shown | Export-Clixml $file
        [IO.File]::WriteAllText($file, [IO.File]::ReadAllText($file).Replace($shown.InfoHash, $meant.InfoHash))
        $lie = Import-Clixml $file
        $lie.Name | Should -Be 'shown.bin'

        { $lie | Remove-Torrent -DeleteData -Confirm:$false -Patron $patron -ErrorAction Stop } | Should -Throw -ErrorId 'TorrentNotFound,*'
        { $lie | Suspend-Torrent -Patron $patron -ErrorAction Stop } | Should -Throw -ErrorId 'TorrentNotFound,*'
        Get-TorrentStatus -Patron $patron | Stop-Torrent
        { $lie | Remove-Torrent -DeleteData -Confirm:$false -Patron $patron -ErrorAction Stop } | Should -Throw -ErrorId 'TorrentNotFound,*'
        { $lie | Restore-Torrent -Patron $patron -ErrorAction Stop } | Should -Throw -ErrorId '*NotFound,*'

        Join-Path $here 'meant.bin' | Should -Exist
        $meant | Export-Clixml $file
        Import-Clixml $file | Remove-Torrent -Patron $patron -PassThru | Should -HaveCount 1
        $patron | Stop-TorrentPatron
    }
}

Describe 'A .torrent that is a pipe' -Skip:(-not $IsLinux) {
    It 'can be cancelled while <Command> reads it' -ForEach @(
        @{ Command = 'Start-Torrent {0} {1}' }
        @{ Command = 'Get-TorrentInfo {0}' }
        @{ Command = 'ConvertTo-MagnetLink {0}' }
    ) {
        $here = (New-Item -ItemType Directory -Path (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
        $pipe = Join-Path $here 'x.torrent'
        mkfifo $pipe
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$(Get-TestModulePath)'").Invoke()
        $shell.Commands.Clear()
        $null = $shell.AddScript(($Command -f "'$pipe'", "'$here'")).BeginInvoke()
        Wait-TestCondition { (Get-ChildItem "/proc/$PID/fd" -ErrorAction Ignore).Target -contains $pipe } | Should -BeTrue
        $stop = $shell.BeginStop($null, $null)
        $stop.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue
        $shell.InvocationStateInfo.State | Should -Be Stopped
        $shell.Dispose()
    }

    It 'times out after -Timeout in <Command>' -ForEach @(
        @{ Command = 'Start-Torrent' }
        @{ Command = 'Save-TorrentMetadata' }
    ) {
        $pipe = Join-Path $TestDrive "$([guid]::NewGuid()).torrent"
        mkfifo $pipe
        & $Command $pipe -Destination $TestDrive -Timeout 1 -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'SourceNotReadable,*'
        $failed[0].Exception.Message | Should -BeLike '*was not read within 1 s.'
    }
}

Describe 'A second user of the machine' -Skip:(-not ($IsLinux -and (id -u) -eq 0 -and (Get-Command setpriv -ErrorAction Ignore))) {
    # Needs root, to act as another user, and setpriv (util-linux).
    BeforeAll {
        function Invoke-AsOther {
            param([string] $Command)
            setpriv --reuid=65534 --regid=65534 --clear-groups sh -c $Command
            $LASTEXITCODE | Should -Be 0
        }
    }

    BeforeEach {
        $script:here = "/tmp/patron-neighbour-$([guid]::NewGuid())"
        $null = New-Item -ItemType Directory -Path $here, "$here/data", "$here/into"
        chmod 755 $here
        chmod 777 "$here/data"
    }

    AfterEach {
        Remove-Item -Recurse -Force $here
    }

    It 'can let root use his state folder' {
        Invoke-AsOther "mkdir $here/data/state"
        $content = New-TestContent -Folder "$here/into"
        $patron = New-TestPatron 'his-state' -StatePath "$here/data/state"
        $started = Start-Torrent $content.Torrent $content.Folder -Patron $patron -ErrorAction Stop
        $patron | Stop-TorrentPatron
        $started | Should -Not -BeNullOrEmpty
    }

    It 'cannot get a file sent by replacing a torrent''s file with a link' {
        Skip-WithService 'its torrents run on when a patron is stopped'
        $content = New-TestContent -Folder "$here/data"
        chmod 777 "$here/data"
        [IO.File]::WriteAllBytes("$here/secret", [byte[]]::new((Get-Item $content.File).Length))
        chmod 600 "$here/secret"
        $seeder = New-TestPatron 'linked-seed' -StatePath "$here/seed-state"
        $null = Start-Torrent $content.Torrent $content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
        $seeder | Stop-TorrentPatron
        $seeder = New-TestPatron 'linked-seed-again' -StatePath "$here/seed-state"
        $null = Start-Torrent $content.Torrent $content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
        Invoke-AsOther "mv '$($content.File)' '$($content.File).aside' && ln -s $here/secret '$($content.File)'"

        $leech = New-TestPatron 'linked-leech' -StatePath "$here/leech-state"
        $null = Start-Torrent $content.Torrent "$here/into" -Patron $leech -Peer "127.0.0.1:$($seeder.Port)"
        Wait-TestCondition { (Get-TorrentStatus -Patron $seeder).Error } | Should -BeTrue
        $status = Get-TorrentStatus -Patron $seeder
        $seeder, $leech | Stop-TorrentPatron
        $status.Error.Id | Should -Be DiskReadFailed
        $status.Error.Message | Should -Match 'symbolic link'
        $status.BytesSent | Should -Be 0
    }
}
