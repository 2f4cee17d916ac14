BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

# What others on the machine can put in our way, and what they can read over our shoulder.
Describe 'Keys in the addresses of trackers' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:content = New-TestContent -Folder $here
        $script:key = '0123456789abcdef0123456789abcdef'
        $script:address = "http://127.0.0.1:9/$key/announce"
        $script:torrent = New-TorrentFile $content.File -Destination (Join-Path $here 'p.torrent') -Tracker $address -Private -Force
        $script:patron = New-TestPatron 'neighbours' -StatePath (Join-Path $here 'state')
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    It 'are masked in what is shown of a torrent, and whole in the property that has them' {
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

    It 'need not be given to name a tracker' {
        $started = Start-Torrent $torrent $here -Patron $patron
        $text = Get-WhatIfText { $started | Add-TorrentTracker -Uri "http://127.0.0.1:9/announce?passkey=$key" -WhatIf }
        $text | Should -Match 'passkey=\*\*\*'
        $started | Remove-TorrentTracker -Uri 'http://127.0.0.1:9/***/announce' -Confirm:$false
        $started | Get-TorrentTracker | Should -BeNullOrEmpty
    }

    It 'of a private torrent stay out of its magnet link, unless they are asked for' {
        $link = ConvertTo-MagnetLink $torrent -WarningVariable warned -WarningAction SilentlyContinue
        $link | Should -Not -Match 'tr='
        "$warned" | Should -Match 'IncludePrivateTracker'
        ConvertTo-MagnetLink $torrent -IncludePrivateTracker -WarningVariable warned | Should -Match $key
        $warned | Should -BeNullOrEmpty
        ConvertTo-MagnetLink $torrent -NoTracker -WarningVariable warned | Should -Not -Match 'tr='
        $warned | Should -BeNullOrEmpty
    }
}

Describe 'A .torrent that is a pipe' -Skip:(-not $IsLinux) {
    It 'ends with <Command> when it is stopped' -ForEach @(
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
}
