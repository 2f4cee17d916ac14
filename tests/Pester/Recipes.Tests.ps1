BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:modulePath = Get-TestModulePath

    # The part of a topic below a comment, up to the next comment with a path or the next paragraph.
    function Get-Recipe {
        param([string] $Comment, [string] $Topic = 'about_TorrentPatron_Automation')

        $text = Get-Content (Join-Path (Split-Path $modulePath) "en-US/$Topic.help.txt") -Raw
        $recipe = [regex]::Match($text, "(?s)\n {8}$([regex]::Escape($Comment))\n(.*?)(?=\n\n {8}# /|\n\n {0,7}\S)").Groups[1].Value
        $recipe | Should -Not -BeNullOrEmpty
        $recipe -replace '(?m)^ {8}'
    }

    # The recipe with the folders and timeouts of the test; everything that is replaced must occur in it.
    function Edit-Recipe {
        param([string] $Recipe, [Collections.IDictionary] $Changes)

        foreach ($change in $Changes.GetEnumerator()) {
            $Recipe.Contains($change.Key) | Should -BeTrue -Because "the recipe says '$($change.Key)'"
            $Recipe = $Recipe.Replace($change.Key, $change.Value)
        }
        "`$env:TORRENTPATRON_STATE = '$here/state'`n$Recipe"
    }

    # The errors, without the lines and margins that PowerShell adds.
    function Get-ErrorText {
        param($Run)

        $Run.Error -join ' ' -replace '[\s|]+', ' '
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'The nightly mirror of about_TorrentPatron_Automation' {
    BeforeAll {
        $script:here = Join-Path $TestDrive 'mirror'
        $script:list = "$here/list"
        $seed = New-TestPatron -Name 'mirror-seed' -StatePath "$here/seed-state"
        $contents = foreach ($name in 'a.bin', 'b.bin') {
            $content = New-TestContent -Folder "$here/seed" -Name $name -Size 256KB
            $null = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $seed -Timeout 120 -ErrorAction Stop
            $content
        }
        $script:tracker = Start-TestTracker -Peer "127.0.0.1:$($seed.Port)"
        $null = New-Item -ItemType Directory -Path $list
        foreach ($content in $contents) {
            $null = New-TorrentFile $content.File "$list/$($content.Name[0]).torrent" -Tracker $tracker.Uri -PieceLength 64KB
        }
        $script:mirror = Edit-Recipe (Get-Recipe '# mirror.ps1') ([ordered]@{
            'Import-Module TorrentPatron' = "Import-Module '$modulePath'"
            '/etc/nightly'                = $list
            '/srv/mirror'                 = "$here/files"
            '-SeedTime 4h'                = '-SeedTime 0.5'
            '-Timeout 6h'                 = '-Timeout 120'
            '-Timeout 8h'                 = '-Timeout 120'
        })

        # Whether everything has been downloaded and is known.
        function Test-Mirrored {
            param([string[]] $Name)

            foreach ($one in $Name) {
                Test-SameContent "$here/files/$one" "$here/seed/$one" | Should -BeTrue
            }
            (Get-ChildItem "$here/files" -Recurse -File).Name | Sort-Object | Should -Be $Name
            Get-ChildItem "$here/state" -Directory | Should -HaveCount $Name.Count
        }

        $script:first = Invoke-TestScript $here $mirror
    }

    AfterAll {
        Stop-TestTracker $tracker
    }

    It 'downloads new torrents, seeds them, and exits with 0' {
        $first.Error | Should -BeNullOrEmpty
        $first.ExitCode | Should -Be 0
        Test-Mirrored 'a.bin', 'b.bin'
    }

    It 'deletes nothing and exits with 1 if <Case>' -ForEach @(
        @{
            Case  = 'a .torrent has become a web page'
            Break = { Move-Item "$list/b.torrent" "$here/b"; '<html><body>Log in</body></html>' | Set-Content "$list/b.torrent" }
            Mend  = { Move-Item "$here/b" "$list/b.torrent" -Force }
            Says  = '*web page*'
        }
        @{
            Case  = 'a .torrent cannot be read'
            Break = { Move-Item "$list/b.torrent" "$here/b"; $null = New-Item -ItemType Directory "$list/b.torrent" }
            Mend  = { Remove-Item "$list/b.torrent"; Move-Item "$here/b" "$list/b.torrent" }
            Says  = '*b.torrent*folder*'
        }
        @{
            Case  = 'the folder of the list is missing'
            Break = { Move-Item $list "$here/away" }
            Mend  = { Move-Item "$here/away" $list }
            Says  = '*does not exist*'
        }
        @{
            Case  = 'the folder of the list is empty'
            Break = { Move-Item $list "$here/away"; $null = New-Item -ItemType Directory $list }
            Mend  = { Remove-Item $list; Move-Item "$here/away" $list }
            Says  = '*does not exist*'
        }
        @{
            Case  = 'what is retired is a web page'
            Break = { '<html><body>Log in</body></html>' | Set-Content "$list/c.retired" }
            Mend  = { Remove-Item "$list/c.retired" }
            Says  = '*web page*'
        }
        @{
            Case  = 'what is retired is still in the list'
            Break = { Copy-Item "$list/b.torrent" "$list/c.retired" }
            Mend  = { Remove-Item "$list/c.retired" }
            Says  = '*still in*'
        }
        @{
            Case  = 'something is retired in a night in which something else fails'
            Break = { Move-Item "$list/b.torrent" "$list/b.retired"; 'nothing' | Set-Content "$list/c.torrent" }
            Mend  = { Move-Item "$list/b.retired" "$list/b.torrent"; Remove-Item "$list/c.torrent" }
            Says  = '*c.torrent*'
        }
    ) {
        . $Break
        try {
            $run = Invoke-TestScript $here $mirror
        } finally {
            . $Mend
        }
        $run.ExitCode | Should -Be 1
        Get-ErrorText $run | Should -BeLike $Says
        Test-Mirrored 'a.bin', 'b.bin'
    }

    It 'deletes nothing if a .torrent is only missing' {
        Move-Item "$list/b.torrent" "$here/b"
        $run = Invoke-TestScript $here $mirror
        Move-Item "$here/b" "$list/b.torrent"

        $run.Error | Should -BeNullOrEmpty
        $run.ExitCode | Should -Be 0
        Test-Mirrored 'a.bin', 'b.bin'
    }

    It 'deletes a retired torrent with its files, and nothing else' {
        Rename-Item "$list/b.torrent" 'b.retired'
        $run = Invoke-TestScript $here $mirror
        $again = Invoke-TestScript $here $mirror

        $run.Error | Should -BeNullOrEmpty
        $run.ExitCode, $again.ExitCode | Should -Be 0, 0
        Test-Mirrored 'a.bin'
        (Get-ChildItem $list).Name | Should -Be 'a.torrent'
    }
}

# Its unit is for systemd.
Describe 'The script of about_TorrentPatron_Automation that seeds for ever' -Skip:$IsWindows {
    It 'waits for its folder, picks up later torrents, and exits as its unit expects when systemd stops it' {
        $here = Join-Path $TestDrive 'seeding'
        $unit = (Get-Recipe '# /etc/systemd/system/seed.service') -split '\n' -match '=' -join "`n" | ConvertFrom-StringData
        $script = Edit-Recipe (Get-Recipe '# /opt/seed.ps1') ([ordered]@{
            'Import-Module TorrentPatron' = "Import-Module '$modulePath'"
            '/etc/seed'                   = "$here/list"
            '/srv/seed'                   = "$here/seed"
            '-Seconds 300'                = '-Milliseconds 200'
        })
        $told = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $tracker = Start-TestListener @{ Told = $told } {
            param($context, $state)
            $state.Told.Enqueue($context.Request.QueryString['event'])
            $context.Response.OutputStream.Write([Text.Encoding]::ASCII.GetBytes('d8:intervali1800e5:peers0:e'))
        }
        $process = Invoke-TestScript $here $script -NoWait
        try {
            Wait-TestCondition { Get-ChildItem $here -Filter *.err | Get-Content } | Should -BeTrue
            $null = New-Item -ItemType Directory -Path "$here/list"
            foreach ($count in 1, 2) {
                $content = New-TestContent -Folder "$here/seed" -Name "$count.bin" -Size 64KB
                $null = New-TorrentFile $content.File "$here/list/$count.new" -Tracker "$($tracker.Uri)announce"
                Rename-Item "$here/list/$count.new" "$count.torrent"
                Wait-TestCondition { @($told -eq 'started').Count -eq $count } | Should -BeTrue
            }
            kill -s $unit.KillSignal.Substring(3) $process.Id
            $process.WaitForExit(1000 * $unit.TimeoutStopSec) | Should -BeTrue
        } finally {
            $process.Kill()
            Stop-TestSite $tracker
        }

        $process.ExitCode | Should -Be $unit.SuccessExitStatus
        @($told -eq 'stopped') | Should -HaveCount 2
    }
}

Describe 'The script of about_TorrentPatron_Automation that copies complete files' {
    BeforeAll {
        $script:here = Join-Path $TestDrive 'copying'
        foreach ($name in 'a.bin', 'b.bin') {
            $content = New-TestContent -Folder "$here/in" -Name $name -Size 64KB
            Move-Item $content.Torrent "$here/$name.torrent"
        }
        $text = Get-Content (Join-Path (Split-Path $modulePath) 'en-US/about_TorrentPatron_Automation.help.txt') -Raw
        $recipe = [regex]::Match($text, '(?s)  WHEN IT IS COMPLETE\n.*?\n\n( {8}.*?)\n\n {0,7}\S').Groups[1].Value
        $script:copying = Edit-Recipe "Import-Module '$modulePath'`n$recipe" @{ '/srv/in' = "$here/in"; '/srv/out' = "$here/out" }
    }

    It 'exits with 1 and copies nothing if the folder is missing' {
        $run = Invoke-TestScript $here $copying
        $run.ExitCode | Should -Be 1
        Get-ErrorText $run | Should -BeLike '*Convert-Path*Cannot find path*'
        "$here/out" | Should -Not -Exist
    }

    It 'copies all complete files, also when run again' {
        $null = New-Item -ItemType Directory "$here/out"
        foreach ($run in (Invoke-TestScript $here $copying), (Invoke-TestScript $here $copying)) {
            $run.Error | Should -BeNullOrEmpty
            $run.ExitCode | Should -Be 0
        }
        (Get-ChildItem "$here/out").Name | Should -Be 'a.bin', 'b.bin'
        Test-SameContent "$here/out/b.bin" "$here/in/b.bin" | Should -BeTrue
    }
}

Describe 'The five recipes of README.md' {
    BeforeAll {
        $script:here = Join-Path $TestDrive 'readme'
        $readme = Get-Content (Join-Path $PSScriptRoot '../../README.md') -Raw
        $five = [regex]::Match($readme, '(?s)\n## Five recipes\n.*?\n## ').Value
        $script:recipes = @([regex]::Matches($five, '(?s)```powershell\n(.*?)```').ForEach({ $_.Groups[1].Value }))
        $script:run = Invoke-TestScript $here ("Import-Module '$modulePath'", ($recipes -join "'----'`n") -join "`n")
        $script:parts = $run.Output -join "`n" -split "(?m)^----`n"
    }

    It 'work when pasted one after the other, in an empty folder' {
        $recipes | Should -HaveCount 5
        $parts | Should -HaveCount 5
        $run.Error | Should -BeNullOrEmpty
        $run.ExitCode | Should -Be 0
    }

    It 'do what they say' {
        $parts[0] | Should -BeLike '*data.bin*'
        $parts[1] | Should -Match '(?m)^True$'
        $parts[2] | Should -BeLike '*"State": "Seeding"*'
        $parts[3] -replace '\s' | Should -BeLike '*Path*watched*data.bin*'
        $parts[4] | Should -BeLike 'Failed (SourceNotReadable,*'
        Test-SameContent "$here/watched/data.bin" "$here/share/data.bin" | Should -BeTrue
    }
}

Describe 'The hooks of about_TorrentPatron_Automation and README.md' -Skip:$IsWindows {
    BeforeAll {
        $script:here = Join-Path $TestDrive 'hooks'
        $script:place = New-ShortFolder
        $zip = New-TestContent -Folder "$here/seed" -Name 'a.zip' -Size 1KB
        [IO.File]::WriteAllText("$here/inside.txt", 'unpacked')
        Compress-Archive -LiteralPath "$here/inside.txt" -DestinationPath $zip.File -Force
        $torrent = New-TorrentFile $zip.File "$here/a.torrent"
        $seed = New-TestPatron -Name 'hooks-seed' -StatePath "$here/seed-state"
        $null = Start-Torrent $torrent.FullName -Destination "$here/seed" -Patron $seed -Timeout 120 -ErrorAction Stop

        $about = Get-Recipe '# Once, in any session'
        $readme = Get-Content (Join-Path $PSScriptRoot '../../README.md') -Raw
        $log = [regex]::Match($readme, '(?s)```powershell\n(Register-TorrentHook.*?)```').Groups[1].Value
        foreach ($change in @('/srv/unpacked', "$here/unpacked"), @('~/torrents.log', "$here/log"), @('Connect-TorrentPatron', "Connect-TorrentPatron -Socket '$place/s/s'")) {
            ("$about$log").Contains($change[0]) | Should -BeTrue
            $about, $log = ($about, $log).Replace($change[0], $change[1])
        }
        $script:service = Start-TestShellService -StatePath "$here/state" -Socket "$place/s/s"
        $script:run = Invoke-TestScript $here @"
Import-Module '$modulePath'
$about
$log
`$null = Start-Torrent '$($torrent.FullName)' -Destination '$here/files' -Peer '127.0.0.1:$($seed.Port)' -Wait -Timeout 120
while ((Get-TorrentHook).Where{ -not `$_.Runs }) { Start-Sleep -Milliseconds 100 }
(Get-TorrentHook).LastRun | ForEach-Object { "`$(`$_.Outcome) `$(`$_.Output)" }
"@
    }

    AfterAll {
        kill -s TERM $service.Id
        $null = $service.WaitForExit(20000)
        Stop-TestProcess
        Remove-Item $place -Recurse -Force
    }

    It 'are run by the service' {
        $run.Error | Should -BeNullOrEmpty
        $run.Output[-2..-1] | Should -Be 'Succeeded ', 'Succeeded '
        Get-Content "$here/unpacked/inside.txt" | Should -Be 'unpacked'
        Get-Content "$here/log" | Should -Match '^\S+ \S+ Completed: a\.zip, ratio 0'
    }
}
