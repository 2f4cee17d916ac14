# Runs the examples of the help pages as they stand, each page in a session of its own, against a seeder on 127.0.0.1.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    # Examples that are not run, and why.
    $script:notRun = @{
        'Connect-TorrentPatron 1'    = 'it ends the session'
        'Get-TorrentUpdate 1'        = 'needs a site with updates: Updates.Tests.ps1'
        'Get-TorrentUpdate 2'        = 'needs a site with updates: Updates.Tests.ps1'
        'Get-TorrentUpdate 3'        = 'needs a site with updates: Updates.Tests.ps1'
        'Install-TorrentService 1'   = 'changes the system: tests/Systemd.sh'
        'Install-TorrentService 2'   = 'changes the system: tests/Systemd.sh'
        'New-TorrentPatron 8'        = 'asks for a password'
        'New-TorrentPatron 9'        = 'needs MonoTorrent: Engines.Tests.ps1'
        'Save-TorrentMetadata 1'     = 'needs peers of that torrent'
        'Start-Torrent 2'            = 'downloads from example.org'
        'Start-TorrentService 2'     = 'runs until Ctrl-C'
        'Start-TorrentService 3'     = 'needs groups and root: tests/MachineService.sh'
        'Start-TorrentService 4'     = 'runs until Ctrl-C'
        'Uninstall-TorrentService 1' = 'changes the system: tests/Systemd.sh'
        'Uninstall-TorrentService 2' = 'needs an installed service: tests/Systemd.sh'
        'Wait-Torrent 4'             = 'waits for other peers'
    }

    # Pages whose examples need a service.
    $services = 'Connect-TorrentPatron', 'Disconnect-TorrentPatron', 'Get-TorrentHook', 'Get-TorrentService', 'Register-TorrentHook',
        'Restart-TorrentService', 'Stop-TorrentService', 'Unregister-TorrentHook'

    # What a reader of the page has done before each example. By default four torrents run and are complete.
    $run = '$null = Start-Torrent debian.torrent, festival.torrent, series.torrent, photos.torrent ./downloads -Timeout 120'
    $forget = 'Get-TorrentStatus | Remove-Torrent -DeleteData -Confirm:$false'
    $attached = '$null = Connect-TorrentPatron; ' + $run
    $hook = "$attached; if ('unpack' -notin (Get-TorrentHook).Name) { `$null = Register-TorrentHook Completed -Name unpack -ScriptBlock { 'unpacked' } }"
    $before = @{
        'Disconnect-TorrentPatron' = $attached
        'Get-TorrentHook'          = $hook
        'Restart-TorrentService'   = $attached
        'New-TorrentFile'          = 'Remove-Item photos.torrent -ErrorAction Ignore'
        'Receive-TorrentMessage'   = $forget
        'Register-TorrentEvent'    = $forget
        'Start-TorrentService'     = 'if ((Get-TorrentService).State -ne "Stopped") { Stop-TorrentService }'
        'Stop-TorrentService'      = 'if ((Get-TorrentService).State -eq "Stopped") { $null = Start-TorrentService -Port -1 }'
        'Unregister-TorrentHook'   = $hook
        'Wait-Torrent'             = $forget
    }

    $script:pages = foreach ($file in Get-ChildItem (Join-Path $PSScriptRoot '../../docs/en-US') -Filter *-*.md) {
        $number = 0
        $examples = foreach ($match in [regex]::Matches((Get-Content $file -Raw), '(?ms)^### (?!-)([^\n]*)\n\n```powershell\n(.*?)\n```')) {
            $number++
            @{
                Title  = $match.Groups[1].Value
                Code   = $match.Groups[2].Value
                NotRun = $notRun["$($file.BaseName) $number"]
            }
        }
        @{ Page = $file.BaseName; Examples = @($examples); NeedsService = $file.BaseName -in $services; Before = $before[$file.BaseName] ?? $run }
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')

    # Folders of a user's machine, hosts that would be looked up or dialled, and a long wait.
    $script:changes = [ordered]@{
        '~/'                             = './home/'
        '/srv/'                          = './srv/'
        '/var/lib/'                      = './var/'
        '-Timeout 5m'                    = '-Timeout 2'
        '\bwg0\b'                        = $IsMacOS ? 'lo0' : 'lo'
        '\b\w+\.example\b'              = '127.0.0.1'
        '\b(192\.0\.2|198\.51\.100)\.' = '127.0.0.'
        '2001:db8::7'                    = '::1'
    }
    $script:template = (New-Item -ItemType Directory (Join-Path $TestDrive template)).FullName
    Push-Location $template
    foreach ($name in 'debian.iso', 'festival/film.mkv', 'festival/film.sample.mkv', 'festival/notes.txt', 'series/S01E01.mkv', 'series/S01E02.mkv',
        'series/S01E01.sample.mkv', 'photos/one.jpg', 'photos/two.jpg', 'mirror1/a.bin', 'mirror2/b.bin') {
        $file = New-Item -ItemType File -Path "source/$name" -Force
        [IO.File]::WriteAllBytes($file.FullName, [Random]::Shared.GetItems([byte[]](0..255), 100KB))
    }
    $script:seeder = New-TorrentPatron examples -BindAddress 127.0.0.1 -StatePath (Join-Path $TestDrive 'seeder')
    # Its port is known when it runs a torrent.
    $null = New-TorrentFile source/debian.iso first.torrent -PieceLength 16KB | Start-Torrent -Destination ./source -Patron $seeder -Timeout 120 -ErrorAction Stop
    $script:tracker = Start-TestTracker -Peer "127.0.0.1:$($seeder.Port)"
    foreach ($name in 'debian.iso', 'festival', 'series', 'photos', 'mirror1', 'mirror2') {
        $null = New-TorrentFile "source/$name" "$($name -replace '\.iso').torrent" -Tracker $tracker.Uri -PieceLength 16KB |
            Start-Torrent -Destination ./source -Patron $seeder -Timeout 120 -ErrorAction Stop
    }
    'photos', 'photos-1', 'old/photos', 'share' | ForEach-Object { $null = New-Item -ItemType Directory "$_/.." -Force; Copy-Item source/photos $_ -Recurse }
    Copy-Item photos.torrent photos-2.torrent
    Remove-Item first.torrent
    $null = New-Item -ItemType Directory torrents, out, program, home/Downloads, home/bin, srv/archive, srv/photos, srv/unpacked, var
    Copy-Item source/debian.iso data.iso
    'x' | Set-Content program/run.sh
    'home/bin/Move-Film.ps1' | ForEach-Object { 'exit 0' | Set-Content $_ }
    "Uri,Destination,Tag,MaxDownloadRate`n$(ConvertTo-MagnetLink debian.torrent),./home,linux,1M" | Set-Content links.csv
    ConvertTo-MagnetLink debian.torrent, photos.torrent | Set-Content links.txt
    Pop-Location

    # Runs code in the session of a page; gives its errors.
    function Invoke-Example {
        param([string] $Code)

        $shell = [powershell]::Create($session)
        try {
            $running = $shell.AddScript($Code).BeginInvoke()
            if (-not $running.AsyncWaitHandle.WaitOne(60000)) {
                $shell.Stop()
                return 'It has not ended within a minute.'
            }
            try {
                $null = $shell.EndInvoke($running)
            } catch {
                "$_"
            }
            $shell.Streams.Error | ForEach-Object { "$($_.FullyQualifiedErrorId): $_" }
        } finally {
            $shell.Dispose()
        }
    }
}

AfterAll {
    Stop-TestTracker $tracker
    $seeder | Stop-TorrentPatron
}

Describe 'The examples of <Page>' -ForEach $pages -Skip:$IsWindows {
    BeforeAll {
        $script:here = (Copy-Item $template (Join-Path $TestDrive $Page) -Recurse -PassThru)[0].FullName
        $script:state = New-ShortFolder
        $env:TORRENTPATRON_STATE = $state
        $script:session = [runspacefactory]::CreateRunspace()
        $session.Open()
        $service = $NeedsService ? '$null = Start-TorrentService -Port -1; $null = Connect-TorrentPatron' : ''
        Invoke-Example "Set-Location '$here'; Import-Module '$(Get-TestModulePath)'; $service" | Should -BeNullOrEmpty
    }

    AfterAll {
        $null = Invoke-Example 'Get-TorrentPatron | Stop-TorrentPatron; if ((Get-TorrentService).State -ne "Stopped") { Stop-TorrentService }'
        $session.Dispose()
        Remove-Item $state -Recurse -Force
    }

    It '<Title>' -ForEach $Examples {
        if ($NotRun) {
            Set-ItResult -Skipped -Because $NotRun
        }
        foreach ($change in $changes.GetEnumerator()) {
            $Code = $Code -replace $change.Key, $change.Value
        }
        Invoke-Example $Before | Should -BeNullOrEmpty -Because 'the example comes after it'
        Invoke-Example $Code | Should -BeNullOrEmpty -Because $Code
    }
}
