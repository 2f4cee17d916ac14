BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    function Start-TestWebServer {
        # Serves a folder on loopback, with support for ranges.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param([string] $Folder)

        Start-TestListener @{ Folder = $Folder } {
            param($context, $state)
            $response = $context.Response
            $file = Join-Path $state.Folder ([uri]::UnescapeDataString($context.Request.Url.AbsolutePath.TrimStart('/')))
            if (-not (Test-Path -LiteralPath $file -PathType Leaf)) {
                $response.StatusCode = 404
                return
            }
            $bytes = [IO.File]::ReadAllBytes($file)
            $first, $last = 0, ($bytes.Length - 1)
            if ($context.Request.Headers['Range'] -match '^bytes=(\d+)-(\d+)$') {
                $first, $last = [int] $Matches[1], [Math]::Min([int] $Matches[2], $bytes.Length - 1)
                $response.StatusCode = 206
                $response.Headers.Add('Content-Range', "bytes $first-$last/$($bytes.Length)")
            }
            $response.ContentLength64 = $last - $first + 1
            try {
                $response.OutputStream.Write($bytes, $first, $last - $first + 1)
            } catch {
                # The client has left.
                $response.Abort()
            }
        }
    }
}

Describe 'Web seeds' {
    BeforeAll {
        $script:content = New-TestContent -Folder (Join-Path $TestDrive 'made') -Size 2MB
        $script:server = Start-TestWebServer -Folder $content.Folder
        $script:patron = New-TestPatron -Name 'webseeds' -StatePath (Join-Path $TestDrive 'state')
    }

    AfterAll {
        $patron | Stop-TorrentPatron
        Stop-TestSite $server
    }

    It 'provide all files of a torrent without peers' {
        $done = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'one') -WebSeed $server.Uri -Patron $patron -Timeout 120 -ErrorAction Stop

        $done.IsComplete | Should -BeTrue
        (Get-FileHash (Join-Path $TestDrive 'one' 'data.bin')).Hash | Should -Be (Get-FileHash $content.File).Hash
        $seed = $done | Get-TorrentWebSeed -Patron $patron
        $seed | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentWebSeed
        $seed.Uri | Should -Be $server.Uri
        $seed.BytesReceived | Should -Be 2MB
        $seed.IsAdded | Should -BeTrue
        $seed.Status | Should -Be Idle
        $done | Remove-Torrent -Patron $patron -Confirm:$false
    }

    It 'are read from a .torrent and from a magnet link, and written into both' {
        $torrent = New-TorrentFile -LiteralPath $content.File -Destination (Join-Path $TestDrive 'own.torrent') -WebSeed "$($server.Uri)data.bin"
        (Get-TorrentInfo -LiteralPath $torrent).WebSeeds | Should -Be "$($server.Uri)data.bin"
        ConvertTo-MagnetLink -LiteralPath $torrent | Should -BeLike "*&ws=$([uri]::EscapeDataString("$($server.Uri)data.bin"))*"

        $done = Start-Torrent -LiteralPath $torrent -Destination (Join-Path $TestDrive 'two') -Patron $patron -Timeout 120 -ErrorAction Stop
        $done.IsComplete | Should -BeTrue
        ($done | Get-TorrentWebSeed -Patron $patron).IsAdded | Should -BeFalse
        $done | Remove-Torrent -Patron $patron -Confirm:$false
    }

    It 'are added, shown, found by patterns, removed, and kept for the next session' {
        $running = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'three') -Suspended -Patron $patron -ErrorAction Stop
        $running | Get-TorrentWebSeed -Patron $patron | Should -BeNullOrEmpty
        $running | Add-TorrentWebSeed -Uri $server.Uri -Patron $patron -WhatIf
        $running | Get-TorrentWebSeed -Patron $patron | Should -BeNullOrEmpty

        $running | Add-TorrentWebSeed -Uri $server.Uri, 'https://ann:secret@mirror.invalid/pub/?key=value' -Patron $patron
        $shown = $running | Get-TorrentWebSeed -Patron $patron
        $shown.Count | Should -Be 2
        $shown | Out-String | Should -Not -Match 'secret|value'
        ($running | Get-TorrentWebSeed -Uri '*mirror*' -Patron $patron).MaskedUri | Should -Be 'https://***@mirror.invalid/pub/?key=***'
        $running | Get-TorrentWebSeed -Uri 'http://nowhere.invalid/' -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'WebSeedNotFound,*'
        { $running | Add-TorrentWebSeed -Uri 'ftp://x/' -Patron $patron -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'

        $running | Remove-TorrentWebSeed -Uri 'https://***@mirror.invalid/pub/?key=***' -Patron $patron
        ($running | Get-TorrentWebSeed -Patron $patron).Uri | Should -Be $server.Uri
        $running | Stop-Torrent -Patron $patron

        $again = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'three') -Patron $patron -Timeout 120 -ErrorAction Stop
        $again.IsComplete | Should -BeTrue
        ($again | Get-TorrentWebSeed -Patron $patron).BytesReceived | Should -Be 2MB
        $again | Remove-Torrent -Patron $patron -Confirm:$false
    }

    It 'show the last failure, with a completed address' {
        $running = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'four') -WebSeed "$($server.Uri)missing/" -Patron $patron -ErrorAction Stop
        Wait-TestCondition { ($running | Get-TorrentWebSeed -Patron $patron).Status -eq 'Failed' } | Should -BeTrue
        ($running | Get-TorrentWebSeed -Patron $patron).Message | Should -BeLike '*404*'
        $line = "Remove-TorrentWebSeed -Name data.bin -Patron webseeds -Uri "
        (TabExpansion2 $line $line.Length).CompletionMatches.ListItemText | Should -Contain "$($server.Uri)missing/"
        $running | Remove-Torrent -Patron $patron -Confirm:$false
    }
}
