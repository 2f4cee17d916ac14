BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'Get-TorrentUpdate' {
    BeforeAll {
        # The site gives what lies in the state under the path, and notes what it is asked.
        $script:offers = [hashtable]::Synchronized(@{})
        $script:seen = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $script:site = Start-TestListener @{ Offers = $offers; Seen = $seen } {
            param($context, $state)
            $state.Seen.Enqueue("$($context.Request.RemoteEndPoint.Address) $($context.Request.RawUrl)")
            $offer = $state.Offers[$context.Request.Url.AbsolutePath]
            if ($null -eq $offer) {
                $context.Response.StatusCode = 404
            } else {
                $context.Response.OutputStream.Write([byte[]]$offer)
            }
        }
    }

    AfterAll {
        Stop-TestSite $site
    }

    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:path = "/$([guid]::NewGuid())"
        $script:old = New-TestContent -Folder (Join-Path $here 'old') -Size 300KB
        $script:torrent = (New-TorrentFile $old.File (Join-Path $here 'old.torrent') -PieceLength 32KB -UpdateUrl "$($site.Uri.TrimEnd('/'))$path").FullName
        $script:info = Get-TorrentInfo $torrent

        # The newer data begins as the old does.
        $script:data = Join-Path $here 'new/data.bin'
        $null = New-Item -ItemType Directory -Path (Split-Path $data)
        [IO.File]::WriteAllBytes($data, [IO.File]::ReadAllBytes($old.File) + [byte[]]::new(40KB))
        $script:newer = (New-TorrentFile $data (Join-Path $here 'new.torrent') -PieceLength 32KB).FullName
    }

    It 'reports that a newer torrent is offered, which reuses the data of the old one' {
        $set = New-Item -ItemType Directory (Join-Path $here 'set')
        Copy-Item $old.File (Join-Path $set 'data.bin')
        [IO.File]::WriteAllBytes((Join-Path $set 'more.bin'), [byte[]]::new(40KB))
        $newer = (New-TorrentFile $set (Join-Path $here 'set.torrent') -PieceLength 32KB).FullName
        $offers[$path] = [IO.File]::ReadAllBytes($newer)
        $update = Get-TorrentUpdate $torrent

        $update.IsAvailable | Should -BeTrue
        $update.InfoHash | Should -Be $info.InfoHash
        $update.NewInfoHash | Should -Be (Get-TorrentInfo $newer).InfoHash
        $update.NewName | Should -Be 'set'
        $update.Signature | Should -Be NoOriginator
        $update.Path | Should -BeNullOrEmpty
        $seen.ToArray()[-1] | Should -BeLike "*$path`?info_hash=$($info.InfoHash)"
        ($update | Out-String -Width 100) | Should -Match "NewInfoHash +: $($update.NewInfoHash)"

        $patron = New-TestPatron -Name 'updated' -StatePath (Join-Path $here 'state')
        try {
            $there = Join-Path $here 'there'
            $null = $update.NewTorrent | Start-Torrent -Destination $there -Reuse $old.File -Patron $patron
            Wait-TestCondition { (Get-TorrentStatus set -Patron $patron).BytesReused -ge 288KB } | Should -BeTrue
        } finally {
            $patron | Stop-TorrentPatron
        }
    }

    It 'reports that there is no newer one: <How>' -ForEach @(
        @{ How = 'the address answers 404'; Offer = { $null } }
        @{ How = 'the address gives the same torrent'; Offer = { [IO.File]::ReadAllBytes($torrent) } }
    ) {
        $offers[$path] = & $Offer
        $update = Get-Item $torrent | Get-TorrentUpdate

        $update.IsAvailable | Should -BeFalse
        $update.NewTorrent, $update.NewInfoHash, $update.Signature | Should -Be $null, $null, $null
        $update.UpdateUrl | Should -Be $info.UpdateUrl
    }

    It 'sends nothing for a torrent without an update address' {
        $before = $seen.Count
        $update = Get-TorrentUpdate -LiteralPath $newer

        $update.IsAvailable | Should -BeFalse
        $update.UpdateUrl | Should -BeNullOrEmpty
        $seen.Count | Should -Be $before
    }

    It 'writes the newer .torrent to the given folder' {
        $offers[$path] = [IO.File]::ReadAllBytes($newer)
        $folder = (New-Item -ItemType Directory -Path (Join-Path $here 'kept')).FullName

        (Get-TorrentUpdate $torrent -Destination $folder -WhatIf).Path | Should -BeNullOrEmpty
        "$folder/data.bin.torrent" | Should -Not -Exist
        $written = (Get-TorrentUpdate $torrent -Destination $folder).Path
        (Get-FileHash $written).Hash | Should -Be (Get-FileHash $newer).Hash
        $again = Get-TorrentUpdate $torrent -OutFile $folder -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $again.IsAvailable | Should -BeTrue
        $again.Path | Should -BeNullOrEmpty
        (Get-TorrentUpdate $torrent -OutFile $folder -Force).Path | Should -Be $written
    }

    It 'reports an answer that is not a torrent, and continues with the next' {
        $offers[$path] = [Text.Encoding]::ASCII.GetBytes('<html>')
        $updates = Get-TorrentUpdate $torrent, $newer -ErrorVariable problem -ErrorAction SilentlyContinue

        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent,*'
        $problem.TargetObject | Should -Be $torrent
        $updates.InfoHash | Should -Be (Get-TorrentInfo $newer).InfoHash
    }

    It 'accepts running torrents from the pipeline, and asks from the bind address of their patron' -Skip:$IsMacOS {
        $offers[$path] = [IO.File]::ReadAllBytes($newer)
        $patron = New-TorrentPatron -Name 'bound' -BindAddress 127.0.0.2 -StatePath (Join-Path $here 'state')
        try {
            $null = Start-Torrent $torrent -Destination (Split-Path $old.File) -Patron $patron
            $update = Get-TorrentStatus -Patron $patron | Get-TorrentUpdate
        } finally {
            $patron | Stop-TorrentPatron
        }

        $update.NewInfoHash | Should -Be (Get-TorrentInfo $newer).InfoHash
        $seen.ToArray()[-1] | Should -BeLike "127.0.0.2 $path*"
    }

    It 'accepts torrents of a patron or its service' {
        $offers[$path] = [IO.File]::ReadAllBytes($newer)
        $patron = New-TestPatron -Name 'running' -StatePath (Join-Path $here 'state')
        try {
            $null = Start-Torrent $torrent -Destination (Split-Path $old.File) -Patron $patron
            (Get-TorrentStatus -Patron $patron | Get-TorrentUpdate).IsAvailable | Should -BeTrue
            (Get-TorrentUpdate -InfoHash $info.InfoHash.Substring(0, 8) -Patron $patron).IsAvailable | Should -BeTrue
        } finally {
            $patron | Stop-TorrentPatron
        }
    }
}
