# Another process holds the files of a torrent. On Windows that keeps everybody else out; elsewhere it need not.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent
    $script:seeder = New-TestPatron -Name 'held-seed' -StatePath (Join-Path $TestDrive 'seed-state')
    $null = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
    $script:peer = "127.0.0.1:$($seeder.Port)"

    # Holds a file as soon as it exists, for some seconds or until it is told to release it.
    function Start-Holder {
        param([string] $Path, [string] $Share, [double] $Seconds = 40)

        $sign = Join-Path $TestDrive ([guid]::NewGuid())
        $process = Invoke-TestScript (Join-Path $TestDrive 'holder') -NoWait @"
`$file = `$null
while (-not `$file) {
    try { `$file = [IO.File]::Open('$Path', 'Open', 'Read', '$Share') } catch [IO.IOException] { Start-Sleep -Milliseconds 5 }
}
Set-Content '$sign' held
for (`$i = 0; `$i -lt $($Seconds * 20) -and -not (Test-Path '$sign.enough'); `$i++) { Start-Sleep -Milliseconds 50 }
`$file.Dispose()
"@
        [pscustomobject]@{ Process = $process; Sign = $sign }
    }

    function Wait-Holder {
        param($Holder)

        Wait-TestCondition { Test-Path $Holder.Sign } | Should -BeTrue -Because 'the file is held'
    }

    function Stop-Holder {
        param($Holder)

        Set-Content "$($Holder.Sign).enough" enough
        $Holder.Process.WaitForExit(20000) | Should -BeTrue
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'A file that another program holds' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
        $script:file = Join-Path $files data.bin
    }

    AfterEach {
        $patron | Stop-TorrentPatron
        Set-TorrentPatron $seeder -MaxUploadRate 0
    }

    It 'is downloaded anyway, with <Share> shared' -ForEach @{ Share = 'None' }, @{ Share = 'Read' } {
        Set-TorrentPatron $seeder -MaxUploadRate 1MB
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer
        Wait-TestCondition { ($running | Get-TorrentStatus).BytesReceived -gt 0 -and (Test-Path $file) } | Should -BeTrue
        # A suspended torrent has no open files.
        $running | Suspend-Torrent
        $holder = Start-Holder $file -Share $Share -Seconds 5
        Wait-Holder $holder
        $running | Resume-Torrent
        if ($IsWindows) {
            Wait-TestCondition { ($running | Get-TorrentStatus).Warnings.Id -eq 'FileInUse' } | Should -BeTrue -Because 'the torrent says what it waits for'
        }

        $done = $running | Wait-Torrent -Timeout 120
        $done.State | Should -Be Seeding
        $holder.Process.WaitForExit(20000) | Should -BeTrue
        Test-SameContent $file $content.File | Should -BeTrue
        ($running | Get-TorrentStatus).Warnings | Should -BeNullOrEmpty
    }

    It 'is seeded while it is read, with <Share> shared' -ForEach @{ Share = 'Read' }, @{ Share = 'ReadWrite, Delete' } {
        $holder = Start-Holder $content.File -Share $Share
        Wait-Holder $holder
        $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120
        Stop-Holder $holder
        Test-SameContent $done.Path $content.File | Should -BeTrue
    }

    It 'is seeded again when it is free, after it could not be read' {
        $holder = Start-Holder $content.File -Share None -Seconds 5
        Wait-Holder $holder
        $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120
        $holder.Process.WaitForExit(20000) | Should -BeTrue
        Test-SameContent $done.Path $content.File | Should -BeTrue
        (Get-TorrentStatus -Patron $seeder).State | Should -Be Seeding
    }

    It 'is moved when it is free' {
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120
        $holder = Start-Holder $file -Share Read -Seconds 4
        Wait-Holder $holder
        $running | Set-Torrent -Destination "$files-moved"
        Wait-TestCondition { Test-SameContent "$files-moved/data.bin" $content.File } | Should -BeTrue
        $file | Should -Not -Exist
        ($running | Get-TorrentStatus).State | Should -Be Seeding
        Stop-Holder $holder
    }

    It 'is deleted when it is soon free' {
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120
        $holder = Start-Holder $file -Share Read -Seconds 1
        Wait-Holder $holder
        $running | Remove-Torrent -DeleteData -Confirm:$false -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        $file | Should -Not -Exist
        Stop-Holder $holder
    }

    It 'is kept, with a warning, if it is still held when it should be deleted' -Skip:(-not $IsWindows) {
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120
        $holder = Start-Holder $file -Share Read
        Wait-Holder $holder
        $running | Remove-Torrent -DeleteData -Confirm:$false -WarningVariable warnings -WarningAction SilentlyContinue
        Stop-Holder $holder
        "$warnings" | Should -BeLike '*data.bin*could not be deleted*'
        $file | Should -Exist
        Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
    }
}

Describe 'A file of a torrent that is complete' {
    It 'can be read, renamed and deleted by everybody' {
        $here = Join-Path $TestDrive 'free'
        $patron = New-TestPatron -Name 'free' -StatePath "$here-state"
        $done = Start-Torrent $content.Torrent -Destination $here -Patron $patron -Peer $peer -Wait -Timeout 120
        (Get-FileHash $done.Path).Hash | Should -Be (Get-FileHash $content.File).Hash
        [IO.File]::Open($done.Path, 'Open', 'Read', 'None').Dispose()
        if (Get-Command Compress-Archive -ErrorAction Ignore) {
            Compress-Archive $done.Path "$here.zip"
            "$here.zip" | Should -Exist
        }
        Rename-Item $done.Path renamed.bin
        Remove-Item (Join-Path $here renamed.bin)
        Get-ChildItem $here -File | Should -BeNullOrEmpty
        $patron | Stop-TorrentPatron
    }
}
