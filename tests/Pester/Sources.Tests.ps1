BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent
    $script:peer = Start-TestSeed $content
    $script:infoHash = (Get-TorrentInfo $content.Torrent).InfoHash
    $script:link = "magnet:?xt=urn:btih:$infoHash"

    # Two files, so that there is a choice.
    $script:pair = Join-Path $TestDrive 'seed/pair'
    New-TestFile "$pair/wanted.bin", "$pair/other.bin" -Size 300KB
    $script:pairTorrent = (New-TorrentFile $pair "$pair.torrent" -PieceLength 64KB).FullName
    $null = Start-Torrent $pairTorrent -Destination (Split-Path $pair) -Patron "seeder-$($content.Name)" -Timeout 120
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Magnet links' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        $patron | Stop-TorrentPatron
        Clear-TestEvent
    }

    It 'become torrents: <How>' -ForEach @(
        @{ How = 'as text in place of a path, with the peer in the link'; Start = { Start-Torrent "$link&x.pe=$peer" -Destination $files -Patron $patron } }
        @{ How = 'as -Uri'; Start = { Start-Torrent -Uri $link -Peer $peer -Destination $files -Patron $patron } }
        @{ How = 'by property name'; Start = { [pscustomobject]@{ Uri = $link } | Start-Torrent -Peer $peer -Destination $files -Patron $patron } }
        @{ How = 'of an info hash alone'; Start = { Start-Torrent -InfoHash $infoHash -Peer $peer -Destination $files -Patron $patron } }
        @{ How = 'from ConvertTo-MagnetLink, by the pipeline'; Start = { ConvertTo-MagnetLink $content.Torrent | Start-Torrent -Peer $peer -Destination $files -Patron $patron } }
    ) {
        Register-TorrentEvent MetadataReceived known -Patron $patron
        $started = & $Start

        $started.InfoHash | Should -Be $infoHash
        ($started | Wait-Torrent -Until Metadata -Timeout 120).Name | Should -Be 'data.bin'
        (Wait-Event known -Timeout 10).SourceEventArgs.Status.TotalSize | Should -Be 4MB
        $done = $started | Wait-Torrent -Timeout 120
        $done.IsComplete | Should -BeTrue
        Test-SameContent $done.Path $content.File | Should -BeTrue
    }

    It 'are downloaded in part if files were chosen before they were known' {
        $done = ConvertTo-MagnetLink $pairTorrent | Start-Torrent -Peer $peer -Destination $files -Patron $patron -Include 'want*' -Timeout 120

        $done.WantedSize | Should -BeLessThan $done.TotalSize
        Test-SameContent "$files/pair/wanted.bin" "$pair/wanted.bin" | Should -BeTrue
        (Get-TorrentFile pair -Patron $patron).Priority | Should -Be Skip, Normal
    }

    It 'without a peer report in time what is missing, and are known without files' {
        $started = Start-Torrent "magnet:?xt=urn:btih:$('ab' * 20)&dn=unknown" -Destination $files -Patron $patron
        $started.State | Should -Be FetchingMetadata
        $started | Get-TorrentFile | Should -BeNullOrEmpty
        $started | Set-TorrentFile -Priority High -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'MetadataMissing,*'
        $started | Wait-Torrent -StallTimeout 0.5 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'MetadataTimeout,*'
        $problem.CategoryInfo.Category | Should -Be OperationTimeout
        ($started | Out-String -Width 80) | Should -BeLike '*Metadata*unknown*'
    }
}

Describe 'Addresses' {
    BeforeAll {
        $script:site = Start-TestSite -Content ([IO.File]::ReadAllBytes($content.Torrent))
    }

    AfterAll {
        Stop-TestSite $site
    }

    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    It 'are downloaded from: <How>' -ForEach @(
        @{ How = '-Uri'; Start = { Start-Torrent -Uri "$($site.Uri)x.torrent" -Peer $peer -Destination $files -Patron $patron -Timeout 120 } }
        @{ How = 'text in place of a path'; Start = { Start-Torrent "$($site.Uri)x.torrent" -Peer $peer -Destination $files -Patron $patron -Timeout 120 } }
        @{ How = 'the content of an answer'; Start = {
                Invoke-WebRequest "$($site.Uri)x.torrent" | Start-Torrent -Peer $peer -Destination $files -Patron $patron -Timeout 120
            }
        }
    ) {
        $done = & $Start
        $done.IsComplete | Should -BeTrue
        Test-SameContent $done.Path $content.File | Should -BeTrue
    }

    It 'that answer with an error are reported' {
        Start-Torrent -Uri "$($site.Uri)missing" -Destination $files -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'SourceNotReadable,*'
        $problem.Exception.Message | Should -BeLike '*404*'
    }

    It 'give information about a torrent' {
        (Get-TorrentInfo -Uri "$($site.Uri)x.torrent").InfoHash | Should -Be $infoHash
        ConvertTo-MagnetLink -Uri "$($site.Uri)x.torrent" | Should -BeLike "magnet:?xt=urn:btih:$infoHash*"
    }

    It 'are downloaded from the bind address of the patron' -Skip:$IsMacOS {
        $seen = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $watched = Start-TestListener @{ Content = [IO.File]::ReadAllBytes($content.Torrent); Seen = $seen } {
            param($context, $state)
            $state.Seen.Enqueue($context.Request.RemoteEndPoint.Address)
            $context.Response.OutputStream.Write([byte[]]$state.Content)
        }
        $bound = New-TorrentPatron -Name 'bound' -BindAddress 127.0.0.2 -StatePath "$files-bound"
        try {
            $null = Get-TorrentInfo -Uri "$($watched.Uri)x" -Patron $bound
            $null = ConvertTo-MagnetLink -Uri "$($watched.Uri)x" -Patron $bound
            $null = Start-Torrent -Uri "$($watched.Uri)x" -Destination $files -Suspended -Patron $bound
        } finally {
            $bound | Stop-TorrentPatron
            Stop-TestSite $watched
        }
        $seen | Should -Be '127.0.0.2', '127.0.0.2', '127.0.0.2'
    }
}
