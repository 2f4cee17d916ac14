BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'Data of a torrent that is not started' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:album = Join-Path $here 'album'
        New-TestFile "$album/one.bin" -Size 100000
        New-TestFile "$album/two.bin" -Size 50000
        New-TestFile "$album/note.txt" -Size 30
        $script:torrent = Join-Path $here 'album.torrent'
    }

    It 'is complete in its place: <_>' -ForEach 1, 2, 'Hybrid' {
        $null = New-TorrentFile $album $torrent -Version $_ -PieceLength 16KB
        Test-Torrent -Path $torrent -Data $here | Should -BeTrue
        Get-Item $torrent | Test-Torrent -Data $album | Should -BeTrue
        $torrent | Test-Torrent -Data $album | Should -BeTrue
    }

    It 'is found under different names, and reported: <_>' -ForEach 1, 2, 'Hybrid' {
        $null = New-TorrentFile $album $torrent -Version $_ -PieceLength 16KB
        Rename-Item (Join-Path $album 'one.bin') '[1].dat'
        Rename-Item (Join-Path $album 'note.txt') 'readme'

        $check = Test-Torrent -Path $torrent -Data $album -PassThru
        $check.IsComplete | Should -BeTrue
        $check.BadPieces.Count | Should -Be 0
        $renamed = $check.Files | Where-Object IsRenamed
        $renamed.Name | Should -Be @('album/note.txt', 'album/one.bin')
        $renamed.Path | Should -Be @((Join-Path $album 'readme'), (Join-Path $album '[1].dat'))
        ($check | Out-String -Width 80) | Should -Match 'True +0 +0 album'
        ($check.Files | Out-String -Width 80) | Should -Match '100.0 True +album/note.txt'
    }

    It 'is incomplete if bytes are wrong or missing' {
        $null = New-TorrentFile $album $torrent -Version 2 -PieceLength 16KB
        $path = Join-Path $album 'one.bin'
        $bytes = [System.IO.File]::ReadAllBytes($path)
        $bytes[20000] = $bytes[20000] -bxor 1
        [System.IO.File]::WriteAllBytes($path, $bytes)
        Remove-Item (Join-Path $album 'note.txt')

        Test-Torrent -Path $torrent -Data $here | Should -BeFalse
        $check = Test-Torrent -LiteralPath $torrent -Data $here -PassThru
        $check.BadPieces | Should -Be @(0, 2)
        $check.BadFiles.Name | Should -Be @('album/note.txt', 'album/one.bin')
        $check.BadFiles[0].Path | Should -BeNullOrEmpty
        $check.BadFiles[1].CompletedSize | Should -Be (100000 - 16KB)
    }

    It 'is an error if there is no such folder or .torrent' {
        $null = New-TorrentFile $album $torrent
        Test-Torrent -Path $torrent -Data (Join-Path $here 'missing') -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'SourceNotReadable,*'
        $failure[0].TargetObject | Should -Be $torrent
        { Test-Torrent -LiteralPath (Join-Path $here 'none.torrent') -Data $here -ErrorAction Stop } | Should -Throw -ErrorId 'SourceNotReadable,*'
    }

    It 'is read without starting a service' {
        $null = New-TorrentFile $album $torrent
        $before = @(Get-TorrentPatron).Count
        $null = Test-Torrent -Path $torrent -Data $here
        @(Get-TorrentPatron).Count | Should -Be $before
        Get-TorrentStatus | Should -BeNullOrEmpty
    }
}
