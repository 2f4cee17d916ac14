# Shared by the tests: the staged module, files with random content, and patrons on loopback.

$modulePath = if ($env:TORRENTPATRON_MODULE) { $env:TORRENTPATRON_MODULE } else { Join-Path $PSScriptRoot '../../module/TorrentPatron' }
$modulePath = Join-Path (Resolve-Path $modulePath) 'TorrentPatron.psd1'
Import-Module $modulePath -Global

# Tests contact nobody outside, and no other program answers them.
if (-not $env:TORRENTPATRON_DISCOVERY) {
    $env:TORRENTPATRON_DISCOVERY = 'off'
}

function Get-TestModulePath {
    $modulePath
}

function New-TestContent {
    # Makes a file of random bytes and a .torrent file for it.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Folder, [string] $Name = 'data.bin', [int] $Size = 4MB)

    $null = New-Item -ItemType Directory -Path $Folder -Force
    $file = Join-Path $Folder $Name
    $bytes = [byte[]]::new($Size)
    [Random]::Shared.NextBytes($bytes)
    [IO.File]::WriteAllBytes($file, $bytes)
    $torrent = New-TorrentFile -LiteralPath $file -Destination "$file.torrent" -PieceLength 64KB
    [pscustomobject]@{ Folder = $Folder; File = $file; Torrent = $torrent.FullName; Name = $Name }
}

# The suite runs a second time with TORRENTPATRON_SERVICE=shared: the session's default patron, and each patron of New-TestPatron, is then
# attached to a service in a separate process. A test of an intended difference, as CONTRIBUTING.md lists it, begins with Skip-WithService.
function Test-WithService {
    $env:TORRENTPATRON_SERVICE -eq 'shared'
}

function Skip-WithService {
    param([string] $Because)

    if (Test-WithService) {
        Set-ItResult -Skipped -Because "a service differs: $Because"
    }
}

function Start-TestHost {
    # Starts the service of a state folder unless it runs. It ends with this process.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidGlobalVars', '')]
    param([string] $StatePath, [switch] $IsDefault)

    if (-not $global:TorrentPatronTestHosts) {
        $global:TorrentPatronTestHosts = @{}
        $null = Register-EngineEvent PowerShell.Exiting -SupportEvent -Action { Stop-TestHost }
    }
    $known = $global:TorrentPatronTestHosts[$StatePath]
    if ($known -and -not $known.Process.HasExited) {
        return $known
    }
    $program = Get-ChildItem (Join-Path $PSScriptRoot '../../src/TorrentPatron.Cli/bin') -Recurse -Filter patron.dll |
        Sort-Object LastWriteTime -Descending | Select-Object -First 1
    if (-not $program) {
        throw 'patron is not built: dotnet build src/TorrentPatron.Cli'
    }

    $name = [guid]::NewGuid().ToString('N').Substring(0, 8)
    $arguments = 'exec', $program.FullName, 'service', '--state', $StatePath, '--no-dht', '--no-local-discovery', '--no-port-mapping'
    if (-not $IsDefault) {
        # In a folder with a short path: a socket's path may have 107 bytes.
        $socket = (Get-Variable IsWindows -ValueOnly) ? "TorrentPatron-test-$name" : (Join-Path ([IO.Path]::GetTempPath()) "tp-$PID-$name" 's')
        $arguments += '--socket', $socket
    }
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet')
    $arguments | ForEach-Object { $start.ArgumentList.Add($_) }
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $line = $process.StandardOutput.ReadLine()
    if ($line -notlike 'The service listens on*') {
        throw "The service of '$StatePath' does not start: $line"
    }
    $global:TorrentPatronTestHosts[$StatePath] = [pscustomobject]@{ Process = $process; Socket = $socket }
    $global:TorrentPatronTestHosts[$StatePath]
}

function Stop-TestHost {
    # Stops the services of this process.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidGlobalVars', '')]
    param([Parameter(ValueFromPipeline)] [string] $StatePath)

    process {
        # A session without services has no table of them.
        $paths = $StatePath ? @($StatePath) : @($global:TorrentPatronTestHosts ? $global:TorrentPatronTestHosts.Keys : @())
        foreach ($path in $paths) {
            $known = $global:TorrentPatronTestHosts[$path]
            $global:TorrentPatronTestHosts.Remove($path)
            if (-not $known.Process.HasExited) {
                $known.Process.Kill()
                $known.Process.WaitForExit()
            }
            if ($known.Socket -and -not (Get-Variable IsWindows -ValueOnly)) {
                Remove-Item (Split-Path $known.Socket) -Recurse -Force -ErrorAction Ignore
            }
        }
    }
}

function Set-TestState {
    # Sets the state folder of the session's default patron.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Path)

    $env:TORRENTPATRON_STATE = $Path
    if (Test-WithService) {
        $null = Start-TestHost $Path -IsDefault
    }
}

if ((Test-WithService) -and $env:TORRENTPATRON_STATE -and -not (Test-Path "$env:TORRENTPATRON_STATE/service/service.sock")) {
    $null = Start-TestHost $env:TORRENTPATRON_STATE -IsDefault
}

function New-TestPatron {
    # Makes a patron with its own engine and state folder.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Name, [string] $StatePath)

    if (Test-WithService) {
        # Services without patrons belong to earlier tests.
        $used = @(Get-TorrentPatron | Where-Object IsRemote | ForEach-Object StatePath) + $StatePath + $env:TORRENTPATRON_STATE
        @($global:TorrentPatronTestHosts.Keys) | Where-Object { $_ -notin $used } | Stop-TestHost
        $patron = Connect-TorrentPatron $Name -Socket (Start-TestHost $StatePath).Socket
        $patron | Set-TorrentPatron -Default:$false -BindAddress 127.0.0.1 -StatusInterval 0.2
        return $patron
    }
    New-TorrentPatron -Name $Name -BindAddress 127.0.0.1 -StatePath $StatePath -StatusInterval 0.2
}

function Start-TestSeed {
    # Seeds the result of New-TestContent in this process; returns the address of the peer.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Content, [string] $StatePath)

    $seeder = New-TorrentPatron -Name "seeder-$($Content.Name)" -BindAddress 127.0.0.1 -StatePath $StatePath -StatusInterval 0.2
    $null = Start-Torrent -LiteralPath $Content.Torrent -Destination $Content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
    "127.0.0.1:$($seeder.Port)"
}

function Wait-TestCondition {
    # Waits until a condition is true, or the time is over.
    param([scriptblock] $Condition, [int] $Seconds = 120)

    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalSeconds -lt $Seconds) {
        if (& $Condition) {
            return $true
        }
        Start-Sleep -Milliseconds 50
    }
    $false
}

function Test-SameContent {
    param([string] $Path, [string] $Other)

    (Get-FileHash -LiteralPath $Path).Hash -eq (Get-FileHash -LiteralPath $Other).Hash
}

function Get-WhatIfText {
    # Returns the text of -WhatIf on the console.
    param([scriptblock] $Script)

    $transcript = Join-Path ([IO.Path]::GetTempPath()) "$([guid]::NewGuid()).txt"
    $null = Start-Transcript -Path $transcript -UseMinimalHeader
    try {
        . $Script
    } finally {
        $null = Stop-Transcript
    }
    (Get-Content $transcript -Raw) -replace '\r?\n'
    Remove-Item $transcript
}

function Get-TestShell {
    # Returns the program and the first arguments that start this PowerShell again. The process of the .NET tool is dotnet, and its own pwsh is a
    # parent process that does not forward signals.
    $program = [Environment]::ProcessPath
    $program
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') {
        Join-Path $PSHOME 'pwsh.dll'
    }
}

function Invoke-TestScript {
    # Runs a script in a separate process, as cron does: nobody can be asked. Its torrents run in it, unless the script says otherwise.
    param([string] $Folder, [string] $Script, [switch] $NoWait)

    $null = New-Item -ItemType Directory -Path $Folder -Force
    $file = Join-Path $Folder "$([guid]::NewGuid()).ps1"
    "`$env:TORRENTPATRON_SERVICE = ''; $Script" | Set-Content $file
    $program, $first = Get-TestShell
    $arguments = @{
        FilePath               = $program
        ArgumentList           = @($first) + '-NoProfile', '-NonInteractive', '-File', $file | Where-Object { $_ } | ForEach-Object { "`"$_`"" }
        WorkingDirectory       = $Folder
        RedirectStandardOutput = "$file.out"
        RedirectStandardError  = "$file.err"
        PassThru               = $true
        NoNewWindow            = $true
    }
    $process = Start-Process @arguments
    if ($NoWait) {
        return $process
    }
    if (-not $process.WaitForExit(60000)) {
        $process.Kill($true)
    }
    [pscustomobject]@{
        ProcessId = $process.Id
        ExitCode  = $process.ExitCode
        Output    = @(Get-Content "$file.out", "$file.err")
        Error     = @(Get-Content "$file.err")
    }
}

function Start-TestProgram {
    # Starts a program and waits for the first line of its output, which is the property Line of the process.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string[]] $Command)

    $start = [Diagnostics.ProcessStartInfo]::new($Command[0])
    $Command | Select-Object -Skip 1 | ForEach-Object { $start.ArgumentList.Add($_) }
    $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $process | Add-Member Line $process.StandardOutput.ReadLine() -PassThru
}

function Start-TestShellService {
    # Starts a service in a new process of this PowerShell, and waits until it listens.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $StatePath, [string] $Socket, [string] $Parameters)

    $command = "Import-Module '$modulePath'; Start-TorrentService -Foreground -BindAddress 127.0.0.1 -StatePath '$StatePath' -Socket '$Socket' $Parameters"
    Start-TestProgram (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-Command', $command)
}

function Get-TestPort {
    # A TCP port of loopback that is free at the moment.
    $socket = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $socket.Start()
    $socket.LocalEndpoint.Port
    $socket.Stop()
}

function Start-TestListener {
    # An HTTP server with one thread and a script for its answers.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([hashtable] $State, [scriptblock] $Answer)

    $port = Get-TestPort
    $listener = [Net.HttpListener]::new()
    $listener.Prefixes.Add("http://127.0.0.1:$port/")
    $listener.Start()
    $served = @{ Listener = $listener; Answer = "$Answer"; State = $State }
    $job = Start-ThreadJob {
        $served = $using:served
        $respond = [scriptblock]::Create($served.Answer)
        while ($served.Listener.IsListening) {
            try {
                $context = $served.Listener.GetContext()
            } catch {
                return
            }
            & $respond $context $served.State
            $context.Response.Close()
        }
    }
    [pscustomobject]@{ Uri = "http://127.0.0.1:$port/"; Listener = $listener; Job = $job }
}

function Start-TestSite {
    # A web site that returns the same content for every address except /missing.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([byte[]] $Content)

    Start-TestListener @{ Content = $Content } {
        param($context, $state)
        if ($context.Request.Url.AbsolutePath -eq '/missing') {
            $context.Response.StatusCode = 404
        } else {
            $context.Response.ContentType = 'application/x-bittorrent'
            $context.Response.OutputStream.Write([byte[]]$state.Content)
        }
    }
}

function Stop-TestSite {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Site)

    $Site.Listener.Stop()
    $Site.Job | Remove-Job -Force
}

function Start-TestTracker {
    # An HTTP tracker that returns one peer or none, or refuses with a given text, and records the query of each announce.
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Peer, [string] $Refusal)

    [byte[]] $peers = @()
    if ($Peer) {
        $endPoint = [Net.IPEndPoint]::Parse($Peer)
        $peers = $endPoint.Address.GetAddressBytes() + [byte]($endPoint.Port -shr 8) + [byte]($endPoint.Port -band 255)
    }
    $answer = [Text.Encoding]::ASCII.GetBytes("d8:completei3e10:incompletei2e8:intervali1800e12:min intervali1e5:peers$($peers.Count):") + $peers + [byte][char]'e'
    if ($Refusal) {
        $answer = [Text.Encoding]::UTF8.GetBytes("d14:failure reason$([Text.Encoding]::UTF8.GetByteCount($Refusal)):${Refusal}e")
    }

    $queries = [Collections.Concurrent.ConcurrentQueue[string]]::new()
    $site = Start-TestListener @{ Answer = $answer; Queries = $queries } {
        param($context, $state)
        $state.Queries.Enqueue($context.Request.Url.Query)
        $context.Response.OutputStream.Write([byte[]]$state.Answer)
    }
    [pscustomobject]@{ Uri = "$($site.Uri)announce"; Queries = $queries; Site = $site }
}

function Stop-TestTracker {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param($Tracker)

    Stop-TestSite $Tracker.Site
}
